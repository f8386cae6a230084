/* SPDX-License-Identifier: Apache-2.0
 *
 * Included before every source of libtsker.so: binds symbols that glibc 2.32 to 2.34 gave a new version when libpthread
 * and libdl moved into libc to the version they have had since the beginning, so that the library loads on 2.28.
 * Not for the helper, which is static. `make check` says what is missing here.
 */
#ifndef TSK_GLIBC_FLOOR_H
#define TSK_GLIBC_FLOOR_H

#if defined(__x86_64__)
#define TSK_OLDEST "GLIBC_2.2.5"
#elif defined(__aarch64__)
#define TSK_OLDEST "GLIBC_2.17"
#else
#error "tsker supports x86_64 and aarch64"
#endif

#define TSK_BIND_OLD(symbol) __asm__(".symver " #symbol "," #symbol "@" TSK_OLDEST)
TSK_BIND_OLD(pthread_create);
TSK_BIND_OLD(pthread_join);
TSK_BIND_OLD(pthread_detach);
TSK_BIND_OLD(pthread_once);
TSK_BIND_OLD(pthread_sigmask);
TSK_BIND_OLD(pthread_kill);
TSK_BIND_OLD(pthread_attr_setstacksize);
TSK_BIND_OLD(pthread_mutex_trylock);
TSK_BIND_OLD(pthread_key_create);
TSK_BIND_OLD(pthread_key_delete);
TSK_BIND_OLD(pthread_getspecific);
TSK_BIND_OLD(pthread_setspecific);
TSK_BIND_OLD(pthread_rwlock_rdlock);
TSK_BIND_OLD(pthread_rwlock_wrlock);
TSK_BIND_OLD(pthread_rwlock_unlock);
TSK_BIND_OLD(pthread_rwlock_init);
TSK_BIND_OLD(pthread_rwlock_destroy);
TSK_BIND_OLD(sem_init);
TSK_BIND_OLD(sem_destroy);
TSK_BIND_OLD(sem_wait);
TSK_BIND_OLD(sem_post);
TSK_BIND_OLD(dlopen);
TSK_BIND_OLD(dlclose);
TSK_BIND_OLD(dlsym);
TSK_BIND_OLD(dlerror);

#endif
