// The words of lesson 7.
import type { Texts } from './text.ts';

export type Steps = {
  readonly monolith: 'stopped' | 'restarted' | 'lies';
  readonly split: 'replaced' | 'first' | 'second' | 'knows';
  readonly containerd: 'replaced' | 'same';
};

export const TEXTS: Texts<Steps> = {
  en: {
    title: 'An upgrade of the engine under running containers',
    short: 'The upgrade',
    summary: 'A new version means a new process. Who has to stop for it?',
    steps: {
      monolith: {
        title: 'The monolith: all containers stop',
        says: [
          'An upgrade is: end the old daemon in order, start the new one on the same root. Here the same executable plays both versions. The daemon stops its containers before it goes, since they would die with it; the new one starts those again that ask for it (--restart always).',
        ],
        claims: {
          stopped: 'With the old daemon both containers ended.',
          restarted:
            '“{first}”, with --restart always, runs again, but it is another process: {now} instead of {before}. What it had in memory is gone.',
          lies: '“{second}”, without, lies still: {status}.',
        },
      },
      split: {
        title: 'The split: the daemon is replaced under them',
        says: [
          'The same with the split: the old daemon ends, the new one starts, asks containerd, and goes on. The containers were never stopped.',
        ],
        claims: {
          replaced: 'The daemon is another process: {now} instead of {before}.',
          first: '“{first}” is the same process as before: {firstPid}, started when it was.',
          second: '“{second}” is, too: {secondPid}.',
          knows: 'The new daemon lists both as running.',
        },
      },
      containerd: {
        title: 'containerd too',
        says: [
          'containerd is replaced the same way: it ends, and the daemon starts the one that is installed now. What remains is the shim: it is of the version under which its container was started. This is why it is so small, and why its protocol has to stay.',
        ],
        claims: {
          replaced: 'containerd is another process: {now} instead of {before}.',
          same: 'Both containers, and their shims, are the same processes as before.',
        },
      },
    },
  },
  zh: {
    title: '在运行的容器之下升级引擎',
    short: '升级',
    summary: '新版本意味着新进程。谁要为此停下？',
    steps: {
      monolith: {
        title: '单体：所有容器都要停',
        says: [
          '升级就是：有序地结束旧的守护进程，在同一个根目录上启动新的。这里由同一个可执行文件扮演新旧两个版本。守护进程离开前先停掉容器，因为它们反正会跟着死；新的守护进程再启动要求重启的那些（--restart always）。',
        ],
        claims: {
          stopped: '两个容器都随旧守护进程结束了。',
          restarted:
            '“{first}” 带有 --restart always，又运行起来，但已经是另一个进程：{now}，原来是 {before}。它内存里的东西都没有了。',
          lies: '“{second}” 没有，就停在那里：{status}。',
        },
      },
      split: {
        title: '拆分：在容器之下更换守护进程',
        says: ['拆分架构同样来一次：旧的守护进程结束，新的启动，询问 containerd，继续工作。容器从未停过。'],
        claims: {
          replaced: '守护进程换成了另一个进程：{now}，原来是 {before}。',
          first: '“{first}” 还是原来的进程：{firstPid}，启动时间没有变。',
          second: '“{second}” 也是：{secondPid}。',
          knows: '新的守护进程把两个都列为运行中。',
        },
      },
      containerd: {
        title: 'containerd 也一样',
        says: [
          'containerd 用同样的办法更换：它结束，守护进程启动现在安装的那个。留下来的是 shim：它的版本就是容器启动时的版本。所以它必须很小，它的协议也必须稳定。',
        ],
        claims: {
          replaced: 'containerd 换成了另一个进程：{now}，原来是 {before}。',
          same: '两个容器和它们的 shim 都还是原来的进程。',
        },
      },
    },
  },
};
