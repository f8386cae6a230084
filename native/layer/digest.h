/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-256 by libcrypto's low-level calls: linked statically they are 5 KB and use SHA-NI, while EVP would bring the
 * provider machinery along.
 */
#ifndef TSK_LAYER_DIGEST_H
#define TSK_LAYER_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

struct tsk_digest {
  SHA256_CTX context;
  uint64_t bytes;
};

static inline void tsk_digest_init(struct tsk_digest *digest) {
  SHA256_Init(&digest->context);
  digest->bytes = 0;
}

static inline void tsk_digest_update(struct tsk_digest *digest, const void *data, size_t length) {
  SHA256_Update(&digest->context, data, length);
  digest->bytes += length;
}

static inline void tsk_digest_final(struct tsk_digest *digest, uint8_t out[32]) { SHA256_Final(out, &digest->context); }

#endif
