// The words of lesson 6.
import type { Texts } from './text.ts';

export type Steps = {
  readonly memory: 'one' | 'shims' | 'small' | 'more';
  readonly latency: 'slower' | 'shim';
  readonly hops: 'monolith' | 'split';
};

export const TEXTS: Texts<Steps> = {
  en: {
    title: 'The bill',
    short: 'The bill',
    summary: 'What each architecture costs on this machine, measured now: memory, time, messages.',
    steps: {
      memory: {
        title: 'Memory',
        says: [
          'Both engines have ten sleeping containers each. Memory is PSS: what is a process’s own, and its share of what it has in common with others. The containers’ own memory is not counted.',
          'In 2016 users measured about 400 MB more for a hundred nginx containers with Docker 1.11 than with 1.10: a process and several megabytes per container. tsker’s shim is a small static program in C, so that the bill here is smaller than theirs was; containerd is the larger part.',
        ],
        claims: {
          one: 'With {containers} containers the monolith’s engine is still one process.',
          shims: 'The split’s engine is {processes} processes: daemon, containerd and {containers} shims.',
          small: 'A shim takes {shim} kB.',
          more: 'Together the split takes {split} MB, the monolith {monolith} MB.',
        },
      },
      latency: {
        title: 'The time of a start',
        says: [
          'The median of some starts, from the request to the answer, one after the other. The monolith makes namespaces and executes the program itself; in the split two runtime processes have to be started first; what two that do nothing take is shown for comparison.',
          'What containerd and the shim themselves add is measured apart: a containerd of its own with a runtime of a few shell lines, and the same two commands of that runtime run by a shell.',
        ],
        claims: {
          slower: 'A start took {split} ms in the split, {monolith} ms in the monolith.',
          shim: 'Containerd and a new shim add {added} ms: {through} ms with a runtime that alone takes {alone} ms.',
        },
      },
      hops: {
        title: 'Messages and processes for one start',
        says: [
          'The split’s processes are looked at while one container is started: who was woken, and what was started besides the container itself.',
        ],
        claims: {
          monolith:
            'In the monolith the start passed through {parts} process of the engine, and started none but the container.',
          split: 'In the split it passed through {parts} processes, and started {started}: {verbs}.',
        },
      },
    },
  },
  zh: {
    title: '账单',
    short: '账单',
    summary: '两种架构在这台机器上各花多少，现场测量：内存、时间、消息。',
    steps: {
      memory: {
        title: '内存',
        says: [
          '两个引擎各有十个睡眠容器。内存指 PSS：进程独占的部分，加上与别的进程共享部分的分摊。容器自己的内存不计。',
          '2016 年有用户测得，一百个 nginx 容器，Docker 1.11 比 1.10 多用约 400 MB：每个容器多一个进程和几兆字节。tsker 的 shim 是一个很小的 C 静态程序，所以这里的账单比当年小；大头是 containerd。',
        ],
        claims: {
          one: '有 {containers} 个容器时，单体的引擎仍然是一个进程。',
          shims: '拆分的引擎是 {processes} 个进程：守护进程、containerd 和 {containers} 个 shim。',
          small: '一个 shim 占 {shim} kB。',
          more: '合计：拆分架构占 {split} MB，单体架构占 {monolith} MB。',
        },
      },
      latency: {
        title: '启动的时间',
        says: [
          '依次启动若干次，从请求到回答的中位数。单体自己建命名空间、执行程序；拆分要先启动两个运行时进程；作为对比，也列出两个什么都不做的运行时命令所用的时间。',
          'containerd 和 shim 本身增加多少，另外测量：单独启动一个 containerd，它的运行时只有几行 shell；再由一个 shell 直接执行同样的两个命令。',
        ],
        claims: {
          slower: '启动一个容器，拆分架构用了 {split} 毫秒，单体架构用了 {monolith} 毫秒。',
          shim: 'containerd 和一个新的 shim 增加 {added} 毫秒：经过它们是 {through} 毫秒，运行时单独是 {alone} 毫秒。',
        },
      },
      hops: {
        title: '一次启动的消息和进程',
        says: ['启动一个容器，同时观察拆分架构的各个进程：谁被唤醒了，除容器以外还启动了什么。'],
        claims: {
          monolith: '在单体里，启动经过引擎的 {parts} 个进程，除容器以外没有启动任何进程。',
          split: '在拆分里，它经过 {parts} 个进程，还启动了 {started} 个：{verbs}。',
        },
      },
    },
  },
};
