// The words of lesson 4.
import type { Texts } from './text.ts';

export type Steps = {
  readonly before: 'alive';
  readonly daemon: 'gone' | 'containerd' | 'first' | 'second' | 'shims';
  readonly again: 'found' | 'untouched' | 'obeyed';
  readonly containerd: 'gone' | 'back' | 'alive' | 'answers';
  readonly shim: 'gone' | 'first' | 'second' | 'told';
};

export const TEXTS: Texts<Steps> = {
  en: {
    title: 'kill -9 of each part, and what survives',
    short: 'What survives',
    summary: 'What the split bought: any part above the shim may die.',
    steps: {
      before: {
        title: 'Everything runs',
        says: ['A daemon, containerd, and two containers, each with its shim.'],
        claims: { alive: 'Both containers run: processes {first} and {second}.' },
      },
      daemon: {
        title: 'The daemon dies; the containers do not notice',
        says: [
          'The same kill -9 as in lesson 2. The daemon is not the parent of any container: nothing asks the kernel to kill them, and their streams are held by the shims. Only containerd, which is its child, goes with it; the shims pass to whoever adopts orphans, mostly process 1.',
        ],
        claims: {
          gone: 'The daemon, {daemon}, is gone.',
          containerd: 'containerd, {containerd}, its child, has ended with it.',
          first: '“{first}” runs on as process {firstPid}.',
          second: '“{second}” runs on as process {secondPid}.',
          shims: 'So do their shims, {shims}.',
        },
      },
      again: {
        title: 'A new daemon finds them again',
        says: [
          'The new daemon starts a new containerd, which finds the shims by their sockets; it asks what runs, and takes up its containers where the old one left them: with their output, their limits, and the right to stop them.',
        ],
        claims: {
          found: 'The daemon, {daemon}, lists both as running, with the processes they had.',
          untouched: 'They are the same processes: the kernel says that they were started when they were.',
          obeyed: 'And they obey it: “pause” and “unpause” of “{first}” work.',
        },
      },
      containerd: {
        title: 'containerd dies; the daemon starts another',
        says: [
          'The daemon watches its containerd: when it is gone, the daemon starts another, which connects to the shims that are there.',
        ],
        claims: {
          gone: 'containerd, {containerd}, is gone.',
          back: 'Another one runs, {another}, after {milliseconds} ms.',
          alive: 'Containers and shims are the same processes as before.',
          answers: 'The daemon goes on with its work: “pause” and “unpause” of “{first}” work.',
        },
      },
      shim: {
        title: 'A shim dies: that container’s end, and nobody else’s',
        says: [
          'The shim is the one part that a container cannot do without: its streams and its exit code are there. But it is the shim of one container. The monolith’s daemon was that for all of them.',
        ],
        claims: {
          gone: 'The shim of “{first}”, {shim}, is gone.',
          first: '“{first}” (process {firstPid}) has ended.',
          second: '“{second}” runs on as process {secondPid}.',
          told: 'The daemon knows: “{first}” is listed as {status}.',
        },
      },
    },
  },
  zh: {
    title: '对每个部分 kill -9，谁能活下来？',
    short: '谁活下来',
    summary: '拆分换来的好处：shim 以上的任何部分都可以死。',
    steps: {
      before: {
        title: '一切都在运行',
        says: ['一个守护进程、containerd，还有两个容器，各有一个 shim。'],
        claims: { alive: '两个容器都在运行：进程 {first} 和 {second}。' },
      },
      daemon: {
        title: '守护进程死了，容器毫无察觉',
        says: [
          '和第 2 课一样的 kill -9。守护进程不是任何容器的父进程：没有人请求内核杀死容器，它们的输入输出由 shim 保管。只有 containerd 是它的子进程，随它而去；shim 则过继给收养孤儿的进程，通常是 1 号进程。',
        ],
        claims: {
          gone: '守护进程 {daemon} 已经消失。',
          containerd: '它的子进程 containerd {containerd} 也跟着结束了。',
          first: '“{first}” 继续运行，进程号仍是 {firstPid}。',
          second: '“{second}” 继续运行，进程号仍是 {secondPid}。',
          shims: '它们的 shim 也都在：{shims}。',
        },
      },
      again: {
        title: '新的守护进程找回了它们',
        says: [
          '新的守护进程启动新的 containerd，后者通过套接字找到各个 shim；守护进程问清有哪些容器在运行，从旧进程停下的地方接手：输出、资源限制，以及停止它们的权力。',
        ],
        claims: {
          found: '守护进程 {daemon} 把两个容器都列为运行中，进程号也没有变。',
          untouched: '它们就是原来的进程：内核记录的启动时间没有变。',
          obeyed: '它们听从新的守护进程：对 “{first}” 的 pause 和 unpause 都有效。',
        },
      },
      containerd: {
        title: 'containerd 死了，守护进程再启动一个',
        says: ['守护进程看护着它的 containerd：一旦消失，就再启动一个；新的 containerd 会连接现有的 shim。'],
        claims: {
          gone: 'containerd {containerd} 已经消失。',
          back: '{milliseconds} 毫秒之后，另一个 containerd {another} 已在运行。',
          alive: '容器和 shim 都还是原来的进程。',
          answers: '守护进程照常工作：对 “{first}” 的 pause 和 unpause 都有效。',
        },
      },
      shim: {
        title: 'shim 死了：只有它的那个容器结束',
        says: [
          '容器唯一离不开的是 shim：输入输出和退出码都在它那里。但它只是一个容器的 shim；单体架构的守护进程对所有容器都担着这个角色。',
        ],
        claims: {
          gone: '“{first}” 的 shim {shim} 已经消失。',
          first: '“{first}”（进程 {firstPid}）已经结束。',
          second: '“{second}” 继续运行，进程号仍是 {secondPid}。',
          told: '守护进程知道这件事：“{first}” 的状态是 {status}。',
        },
      },
    },
  },
};
