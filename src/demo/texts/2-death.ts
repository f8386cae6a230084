// The words of lesson 2.
import type { Texts } from './text.ts';

export type Steps = {
  readonly before: 'alive';
  readonly kill: 'daemon' | 'first' | 'second' | 'soon';
  readonly left: 'nobody' | 'cgroups';
  readonly again: 'exited' | 'undone' | 'startable';
};

export const TEXTS: Texts<Steps> = {
  en: {
    title: 'kill -9 of the daemon, and what dies',
    short: 'Its death',
    summary: 'The price of the monolith: the containers hang on one process.',
    steps: {
      before: {
        title: 'Two containers run',
        says: ['As in lesson 1: a daemon, and two containers that are its children.'],
        claims: { alive: 'Both containers run: processes {first} and {second}.' },
      },
      kill: {
        title: 'The daemon dies, and takes its containers along',
        says: [
          'kill -9 cannot be caught: the daemon has no chance to say good-bye. Each container asked the kernel at its start to be killed when its parent dies (PR_SET_PDEATHSIG).',
          'Why such cruelty? An orphan would run on without anybody who holds its streams, reads its exit code, or answers “stop”. In the monolith only the daemon can be that somebody.',
        ],
        claims: {
          daemon: 'The daemon, {daemon}, is gone.',
          first: '“{first}” (process {firstPid}) is gone.',
          second: '“{second}” (process {secondPid}) is gone.',
          soon: 'All of it took {milliseconds} ms.',
        },
      },
      left: {
        title: 'What nobody cleaned up',
        says: [
          'Processes die; mounts, control groups and network links do not. What the daemon made on this machine is still there, but it was written down in a ledger, together with its inverse, before it was made.',
        ],
        claims: {
          nobody: 'No process of this engine is left.',
          cgroups: 'But {cgroups} control groups of its containers are.',
        },
      },
      again: {
        title: 'The next daemon puts things in order',
        says: [
          'A new daemon on the same root first undoes what the ledger says, in reverse order. Then it finds that its containers have died, and says so: 137 is 128 + 9, the signal.',
          'This is why an upgrade of Docker before 1.11 stopped all containers: a new daemon is a new process.',
        ],
        claims: {
          exited: 'Both containers are listed as exited, with {codes}.',
          undone: 'Their control groups are gone.',
          startable: 'Nothing else was lost: “{first}” starts again, as process {pid}.',
        },
      },
    },
  },
  zh: {
    title: '对守护进程 kill -9，谁会死？',
    short: '单体之死',
    summary: '单体架构的代价：所有容器都系于一个进程。',
    steps: {
      before: {
        title: '两个容器在运行',
        says: ['和第 1 课一样：一个守护进程，两个容器是它的子进程。'],
        claims: { alive: '两个容器都在运行：进程 {first} 和 {second}。' },
      },
      kill: {
        title: '守护进程一死，容器跟着死',
        says: [
          'kill -9 无法捕获，守护进程没有机会告别。每个容器在启动时都请求过内核：父进程一死，就杀死我（PR_SET_PDEATHSIG）。',
          '为什么这样残酷？成为孤儿的容器会继续运行，却没有人保管它的输入输出、读取它的退出码、响应 stop。在单体架构里，能做这些事的只有守护进程。',
        ],
        claims: {
          daemon: '守护进程 {daemon} 已经消失。',
          first: '“{first}”（进程 {firstPid}）已经消失。',
          second: '“{second}”（进程 {secondPid}）已经消失。',
          soon: '全过程用了 {milliseconds} 毫秒。',
        },
      },
      left: {
        title: '没有人收拾的东西',
        says: [
          '进程会死，挂载、控制组和网络接口不会。守护进程在这台机器上做过的东西都还在；不过在做之前，每一件都连同撤销它的方法记在一本账（ledger）里。',
        ],
        claims: {
          nobody: '这个引擎的进程一个也不剩。',
          cgroups: '但容器的 {cgroups} 个控制组还在。',
        },
      },
      again: {
        title: '下一个守护进程来收拾',
        says: [
          '新的守护进程在同一个根目录上启动，先按账本逆序撤销，然后发现容器已经死了，并如实列出：137 就是 128 + 9，即那个信号。',
          '正因为如此，在 Docker 1.11 以前，升级引擎会停掉所有容器：新的守护进程就是新的进程。',
        ],
        claims: {
          exited: '两个容器都列为已退出，退出码是 {codes}。',
          undone: '它们的控制组已经撤销。',
          startable: '别的什么也没丢：“{first}” 可以再次启动，进程号 {pid}。',
        },
      },
    },
  },
};
