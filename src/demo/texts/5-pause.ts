// The words of lesson 5.
import type { Texts } from './text.ts';

export type Steps = {
  readonly monolith: 'daemon' | 'nobody' | 'frozen' | 'thawed';
  readonly split: 'daemon' | 'containerd' | 'shim' | 'runtime' | 'frozen' | 'thawed';
  readonly both: 'slower';
};

export const TEXTS: Texts<Steps> = {
  en: {
    title: 'The path of “pause”, hop by hop',
    short: 'The path of pause',
    summary:
      'To pause a container is to write one word into one file of the kernel’s freezer. Who carries the word there?',
    steps: {
      monolith: {
        title: 'The monolith: client, daemon, freezer',
        says: [
          'The client sends one request over a unix socket. In the daemon the route finds the verb (api/container, then daemon/container/pause.ts), and the verb writes to the control group of the container. That is all.',
        ],
        claims: {
          daemon: 'The daemon, {daemon}, was woken by the request (its threads went to sleep {times} times since).',
          nobody: 'Nobody else could take part: the engine is one process.',
          frozen: 'The kernel says that the container stands still: {file}',
          thawed: 'After “unpause” it runs again.',
        },
      },
      split: {
        title: 'The split: client, daemon, containerd, shim, runtime, freezer',
        says: [
          'The same request. The daemon asks containerd over a socket, containerd asks the shim of the container over another, the shim calls “runc pause”, which is a new process, and that writes the same word into the same kind of file. The answers go back the same way.',
          'In Docker 1.11: postContainersPause, daemon.ContainerPause, libcontainerd, gRPC to containerd, the shim, runc pause.',
        ],
        claims: {
          daemon: 'The daemon, {daemon}, was woken.',
          containerd: 'containerd, {containerd}, was woken.',
          shim: 'The shim of the container, {shim}, was woken.',
          runtime: 'It had a child that was told “{verb}”: process {pid}.',
          frozen: 'The kernel says that the container stands still: {file}',
          thawed: 'After “unpause” it runs again.',
        },
      },
      both: {
        title: 'The two paths side by side',
        says: [
          'The median of some pauses, as the client sees them. Each hop is a message, two switches between processes, and a place where something may go wrong.',
        ],
        claims: { slower: 'The split took {split} ms for a pause, the monolith {monolith} ms.' },
      },
    },
  },
  zh: {
    title: 'pause 走过的路，一跳一跳地看',
    short: 'pause 之路',
    summary: '暂停一个容器，就是往内核 freezer 的一个文件里写一个词。这个词由谁送到？',
    steps: {
      monolith: {
        title: '单体：客户端、守护进程、freezer',
        says: [
          '客户端通过 unix 套接字发一个请求。守护进程里，路由找到对应的动作（api/container，然后 daemon/container/pause.ts），动作直接写容器的控制组。仅此而已。',
        ],
        claims: {
          daemon: '守护进程 {daemon} 被请求唤醒（之后它的线程又入睡了 {times} 次）。',
          nobody: '没有别的进程可以参与：引擎就是一个进程。',
          frozen: '内核说容器已经停住：{file}',
          thawed: 'unpause 之后它又继续运行。',
        },
      },
      split: {
        title: '拆分：客户端、守护进程、containerd、shim、运行时、freezer',
        says: [
          '同样的请求。守护进程通过套接字找 containerd，containerd 通过另一个套接字找容器的 shim，shim 调用 runc pause（一个新进程），由它把同一个词写进同一种文件。回答按原路返回。',
          '在 Docker 1.11 里依次是：postContainersPause、daemon.ContainerPause、libcontainerd、到 containerd 的 gRPC、shim、runc pause。',
        ],
        claims: {
          daemon: '守护进程 {daemon} 被唤醒。',
          containerd: 'containerd {containerd} 被唤醒。',
          shim: '容器的 shim {shim} 被唤醒。',
          runtime: '它有过一个子进程，收到的命令是 “{verb}”：进程 {pid}。',
          frozen: '内核说容器已经停住：{file}',
          thawed: 'unpause 之后它又继续运行。',
        },
      },
      both: {
        title: '两条路并排看',
        says: ['从客户端看若干次暂停的中位数。每一跳都是一条消息、两次进程切换，也是一个可能出错的地方。'],
        claims: { slower: '一次暂停，拆分架构用了 {split} 毫秒，单体架构用了 {monolith} 毫秒。' },
      },
    },
  },
};
