// The words of lesson 3.
import type { Texts } from './text.ts';

export type Steps = {
  readonly daemon: 'two' | 'child';
  readonly run: 'shims' | 'parent' | 'grandparent' | 'far';
  readonly runtime: 'seen' | 'verb' | 'gone';
  readonly exec: 'child' | 'inside';
};

export const TEXTS: Texts<Steps> = {
  en: {
    title: 'The split: the same container, four programs',
    short: 'The split',
    summary:
      'In April 2016 Docker 1.11 took itself apart: dockerd, containerd, containerd-shim, runc. Who starts whom?',
    steps: {
      daemon: {
        title: 'The daemon starts containerd',
        says: [
          'With “--arch split” tsker plays all the parts of Docker since 1.11; the executable, the API and the images are the same. The daemon keeps API, images, networks and volumes. What has to do with running processes it leaves to containerd, which it starts as its child and watches.',
        ],
        claims: {
          two: 'Now the engine is two processes: the daemon, {daemon}, and containerd, {containerd}.',
          child: 'The parent of containerd is the daemon.',
        },
      },
      run: {
        title: 'A shim stands between containerd and each container',
        says: [
          'For each container containerd starts a shim: a small program that is the parent of the container. It keeps the container’s input and output open and collects its exit code, so that everybody above it may go away.',
        ],
        claims: {
          shims: 'Two containers, two shims: {shims}.',
          parent: 'The parent of “{name}” (process {pid}) is a shim, {shim}.',
          grandparent: 'The parent of that shim is containerd, {containerd}.',
          far: 'From the daemon to the container it is {distance} steps; in the monolith it was one.',
        },
      },
      runtime: {
        title: 'The runtime comes and goes',
        says: [
          'The shim does not know how a container is made. It calls a command line for that: runc, or anything else that keeps to the OCI standard. “create” makes the namespaces and leaves a process that waits; “start” lets it execute the program. Then the runtime has nothing left to do, and ends. That is why it is not in the tree.',
          'This step starts a third container and looks at the children of its shim again and again.',
        ],
        claims: {
          seen: 'While the container was started, {count} runtime processes were seen, children of its shim.',
          verb: 'They were told: {verbs}.',
          gone: 'None of them is left.',
        },
      },
      exec: {
        title: 'exec is the shim’s child, too',
        says: [
          'A program that is started in a running container takes the same way, and ends up beside the container below its shim.',
        ],
        claims: {
          child: 'The parent of the exec’d program ({pid}) is the shim of the container, {shim}.',
          inside: 'Its PID namespace is that of the container: {namespace}.',
        },
      },
    },
  },
  zh: {
    title: '拆分架构：同一个容器，四个程序',
    short: '拆分',
    summary: '2016 年 4 月，Docker 1.11 把自己拆开：dockerd、containerd、containerd-shim、runc。谁启动谁？',
    steps: {
      daemon: {
        title: '守护进程启动 containerd',
        says: [
          '加上 “--arch split”，tsker 就扮演 Docker 1.11 以后的全部角色；可执行文件、API 和镜像都不变。守护进程保留 API、镜像、网络和数据卷；与运行进程有关的事交给 containerd：守护进程把它作为子进程启动，并看护着它。',
        ],
        claims: {
          two: '现在引擎是两个进程：守护进程 {daemon} 和 containerd {containerd}。',
          child: 'containerd 的父进程是守护进程。',
        },
      },
      run: {
        title: '每个容器和 containerd 之间有一个 shim',
        says: [
          'containerd 为每个容器启动一个 shim（垫片）：一个很小的程序，容器的父进程。它保持容器的输入输出一直打开，并收集退出码，这样它上面的任何进程都可以离开。',
        ],
        claims: {
          shims: '两个容器，两个 shim：{shims}。',
          parent: '“{name}”（进程 {pid}）的父进程是 shim {shim}。',
          grandparent: '这个 shim 的父进程是 containerd {containerd}。',
          far: '从守护进程到容器要走 {distance} 步；在单体架构里只有一步。',
        },
      },
      runtime: {
        title: '运行时来了又走',
        says: [
          'shim 并不知道怎样造一个容器。它为此调用一个命令行程序：runc，或者任何遵守 OCI 标准的程序。create 建好命名空间，留下一个等待的进程；start 让它执行用户的程序。之后运行时就无事可做，于是退出。所以进程树里看不到它。',
          '这一步启动第三个容器，同时不停地查看 shim 的子进程。',
        ],
        claims: {
          seen: '启动容器的过程中看到了 {count} 个运行时进程，都是它的 shim 的子进程。',
          verb: '它们收到的命令是：{verbs}。',
          gone: '现在它们一个也不剩。',
        },
      },
      exec: {
        title: 'exec 也是 shim 的子进程',
        says: ['在运行中的容器里启动的程序走同样的路，最后和容器并排，都在 shim 之下。'],
        claims: {
          child: 'exec 启动的程序（{pid}）的父进程是容器的 shim {shim}。',
          inside: '它的 PID 命名空间就是容器的：{namespace}。',
        },
      },
    },
  },
};
