/* SPDX-License-Identifier: Apache-2.0
 *
 * The netlink transport, in a network namespace of this program's own (needs root): nothing is sent to the host's.
 */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "common/ops.h"
#include "test/support/test.h"

struct batch {
  uint8_t bytes[1 << 20];
  uint32_t size;
  uint32_t seq;
};
static struct batch batch;
static uint8_t answers[1 << 16];
static int fd;

static struct nlmsghdr *begin(uint16_t type, uint16_t flags, const void *body, uint32_t size) {
  struct nlmsghdr *header = (struct nlmsghdr *)(batch.bytes + batch.size);
  memset(header, 0, NLMSG_SPACE(size));
  *header = (struct nlmsghdr){.nlmsg_len = NLMSG_LENGTH(size),
                              .nlmsg_type = type,
                              .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags),
                              .nlmsg_seq = ++batch.seq};
  memcpy(NLMSG_DATA(header), body, size);
  batch.size += NLMSG_SPACE(size);
  return header;
}

static void attribute(struct nlmsghdr *header, uint16_t type, const void *data, uint16_t size) {
  struct rtattr *part = (struct rtattr *)((uint8_t *)header + NLMSG_ALIGN(header->nlmsg_len));
  memset(part, 0, RTA_SPACE(size));
  *part = (struct rtattr){.rta_len = (uint16_t)RTA_LENGTH(size), .rta_type = type};
  memcpy(RTA_DATA(part), data, size);
  header->nlmsg_len = NLMSG_ALIGN(header->nlmsg_len) + RTA_SPACE(size);
  batch.size += RTA_SPACE(size);
}

static int32_t call(uint32_t capacity) {
  const uint32_t size = batch.size;
  batch.size = 0;
  return tsker_netlink_call(fd, batch.bytes, size, answers, capacity);
}

static void set_link(uint16_t flags, int index, unsigned change) {
  const struct ifinfomsg link = {.ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = change};
  begin(RTM_NEWLINK, flags, &link, sizeof link);
}

static void open_socket(void) {
  CHECK_INT(unshare(CLONE_NEWNET), 0);
  fd = tsker_netlink_open(NETLINK_ROUTE);
  CHECK(fd >= 0);
  CHECK_INT(tsker_netlink_open(9999), -EPROTONOSUPPORT);
}

static void acknowledged(void) {
  set_link(NLM_F_ACK, 1, IFF_UP);
  CHECK_INT(call(sizeof answers), 0);
}

static void refused(void) {
  set_link(NLM_F_ACK, 1, 0);
  set_link(NLM_F_ACK, 4242, 0); /* no such interface */
  set_link(NLM_F_ACK, 1, 0);
  CHECK_INT(call(sizeof answers), -ENODEV);
  /* and the acknowledgements left over do not disturb the next call */
  set_link(NLM_F_ACK, 1, 0);
  CHECK_INT(call(sizeof answers), 0);
}

static void dumps(void) {
  const struct rtgenmsg any = {.rtgen_family = AF_UNSPEC};
  const struct nlmsghdr *first = (const struct nlmsghdr *)answers;
  int32_t size;
  begin(RTM_GETLINK, NLM_F_DUMP, &any, sizeof any);
  size = call(sizeof answers);
  CHECK(size > 0 && first->nlmsg_type == RTM_NEWLINK && (int32_t)first->nlmsg_len <= size);
  begin(RTM_GETLINK, NLM_F_DUMP, &any, sizeof any);
  CHECK_INT(call(64), -EMSGSIZE);
  begin(RTM_GETLINK, NLM_F_DUMP, &any, sizeof any);
  CHECK_INT(call(sizeof answers), size);
}

static void answers_with_acknowledgement(void) {
  const struct ifinfomsg link = {.ifi_index = 1};
  begin(RTM_GETLINK, NLM_F_ACK, &link, sizeof link);
  CHECK(call(sizeof answers) > 0);
  CHECK_INT(((const struct nlmsghdr *)answers)->nlmsg_type, RTM_NEWLINK);
}

/* Thousands of acknowledgements wait while the batch is worked off: they must all have room. */
static void long_batches(void) {
  for (int i = 0; i < 4000; i++)
    set_link(NLM_F_ACK, 1, 0);
  CHECK_INT(call(sizeof answers), 0);
}

static void framing(void) {
  const struct ifinfomsg link = {.ifi_index = 1};
  struct nlmsghdr *header;
  set_link(0, 1, 0);
  CHECK_INT(call(sizeof answers), -EINVAL); /* nothing to wait for */
  header = begin(RTM_GETLINK, NLM_F_ACK, &link, sizeof link);
  header->nlmsg_len = 8;
  CHECK_INT(call(sizeof answers), -EINVAL);
  header = begin(RTM_GETLINK, NLM_F_ACK, &link, sizeof link);
  header->nlmsg_len = 10000;
  CHECK_INT(call(sizeof answers), -EINVAL);
  header = begin(RTM_GETLINK, NLM_F_ACK, &link, sizeof link);
  batch.size -= 4;
  CHECK_INT(call(sizeof answers), -EINVAL);
  batch.size = 0;
  CHECK_INT(call(sizeof answers), -EINVAL);
}

/* A batch of nf_tables: begin and end are never acknowledged, what is between is. */
static void nf_tables(void) {
  const struct nfgenmsg edge = {.nfgen_family = AF_UNSPEC, .res_id = __builtin_bswap16(NFNL_SUBSYS_NFTABLES)};
  const struct nfgenmsg inet = {.nfgen_family = AF_INET};
  const uint16_t route = (uint16_t)fd;
  struct nlmsghdr *header;
  if ((tsker_features() & (int32_t)TSKER_HAS_NFTABLES) == 0) {
    printf("  (no nf_tables here)\n");
    return;
  }
  fd = tsker_netlink_open(NETLINK_NETFILTER);
  CHECK(fd >= 0);
  begin(NFNL_MSG_BATCH_BEGIN, 0, &edge, sizeof edge);
  header = begin(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWTABLE, NLM_F_ACK | NLM_F_CREATE, &inet, sizeof inet);
  attribute(header, NFTA_TABLE_NAME, "tsker_t", 8);
  begin(NFNL_MSG_BATCH_END, 0, &edge, sizeof edge);
  CHECK_INT(call(sizeof answers), 0);
  begin(NFNL_MSG_BATCH_BEGIN, 0, &edge, sizeof edge);
  header = begin(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_DELTABLE, NLM_F_ACK, &inet, sizeof inet);
  attribute(header, NFTA_TABLE_NAME, "nothing", 8);
  begin(NFNL_MSG_BATCH_END, 0, &edge, sizeof edge);
  CHECK_INT(call(sizeof answers), -ENOENT);
  close(fd);
  fd = route;
}

static void as_an_operation(void) {
  struct tsk_context context = TSK_CONTEXT;
  struct test_plan bytes = test_plan_new(0);
  struct tsk_plan plan;
  struct tsk_op op;
  set_link(NLM_F_ACK, 1, IFF_UP);
  test_plan_add(&bytes, TSKER_OP_NETLINK, (uint64_t)(int64_t)-1, (uint64_t)NETLINK_ROUTE, batch.bytes, batch.size);
  test_plan_add(&bytes, TSKER_OP_NETLINK, (uint64_t)fd, (uint64_t)0, batch.bytes, batch.size);
  test_plan_add(&bytes, TSKER_OP_NETLINK, (uint64_t)100, (uint64_t)0, batch.bytes, batch.size);
  CHECK_INT(tsk_plan_check(&plan, bytes.bytes, bytes.size, TSK_ON_HOST, NULL), 0);
  CHECK_INT(tsk_plan_next(&plan, &op), 1);
  CHECK_INT(tsk_op_run(&context, &op), 0);
  CHECK_INT(tsk_plan_next(&plan, &op), 1);
  CHECK_INT(tsk_op_run(&context, &op), 0);
  CHECK_INT(tsk_plan_next(&plan, &op), 1);
  CHECK_INT(tsk_op_run(&context, &op), -EBADF);
  test_plan_free(&bytes);
}

static const struct test tests[] = {
    {"a socket is opened", open_socket},
    {"an acknowledged message is success", acknowledged},
    {"the first negative answer is the errno, and the socket stays usable", refused},
    {"a dump is collected whole, or refused whole", dumps},
    {"an answer before its acknowledgement is collected", answers_with_acknowledgement},
    {"a batch of thousands is acknowledged", long_batches},
    {"bad framing is refused before it is sent", framing},
    {"an nf_tables transaction is acknowledged", nf_tables},
    {"NETLINK uses the current namespace or a slot", as_an_operation},
};
TEST_MAIN(tests)
