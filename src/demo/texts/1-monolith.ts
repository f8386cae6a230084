// The words of lesson 1.
import type { Texts } from './text.ts';

export type Steps = {
  readonly daemon: 'one' | 'childless';
  readonly run: 'first' | 'second' | 'nobody';
  readonly inside: 'first' | 'namespaces' | 'cgroup';
  readonly exec: 'child' | 'inside';
};

export const TEXTS: Texts<Steps> = {
  en: {
    title: 'The monolith’s process tree',
    short: 'The monolith',
    summary: 'Until Docker 1.11 one executable was client, engine, build tool and runtime. What does that look like?',
    steps: {
      daemon: {
        title: 'One process is the engine',
        says: [
          'From 2013 to early 2016 Docker was one file, /usr/bin/docker. With the word “daemon” it was the engine: API server, images, storage, networks, and since libcontainer also the runtime. Nothing else had to be installed, and nothing else ran.',
          'tsker has that shape. Its daemon is one process with some threads.',
        ],
        claims: {
          one: 'The whole engine is one process, {daemon}.',
          childless: 'While no container runs it has no child.',
        },
      },
      run: {
        title: 'A container is a child of the daemon',
        says: [
          'Now two containers are started; each sleeps for an hour. Look at the numbers left of the tree: pid ← parent’s pid. There is nobody between the engine and the programs.',
        ],
        claims: {
          first: 'The parent of “{first}” (process {firstPid}) is the daemon, {daemon}.',
          second: 'The parent of “{second}” (process {secondPid}) is the daemon too.',
          nobody: 'For two containers there are three processes in all: the engine has added none.',
        },
      },
      inside: {
        title: 'A container is an ordinary process, seen from inside as number 1',
        says: [
          'There is no virtual machine. The kernel gave the process namespaces of its own, in which it is process 1 and sees its own host name and root directory, and a control group, in which it is counted and limited.',
        ],
        claims: {
          first: 'Process {pid} of this machine is process 1 in its own PID namespace.',
          namespaces: 'Its namespaces differ from ours: {namespaces}.',
          cgroup: 'Its control group is named after the container: …{cgroup}',
        },
      },
      exec: {
        title: 'exec: another child, in the same namespaces',
        says: [
          'A program that “exec” starts in a running container is not a child of the container. The daemon starts it, as it started the container, and lets it join the container’s namespaces.',
        ],
        claims: {
          child: 'The parent of the exec’d program ({pid}) is the daemon, {daemon}.',
          inside: 'Its PID namespace is that of the container: {namespace}.',
        },
      },
    },
  },
  zh: {
    title: '单体架构的进程树',
    short: '单体',
    summary: '在 Docker 1.11 以前，一个可执行文件同时是客户端、引擎、构建工具和运行时。它在机器上是什么样子？',
    steps: {
      daemon: {
        title: '一个进程就是整个引擎',
        says: [
          '从 2013 年到 2016 年初，Docker 只有一个文件：/usr/bin/docker。加上 daemon 这个词，它就是引擎：API 服务、镜像、存储、网络，有了 libcontainer 以后还包括运行时。不需要安装别的东西，也没有别的进程。',
          'tsker 采用同样的形态：它的守护进程是一个进程，里面有若干线程。',
        ],
        claims: {
          one: '整个引擎就是一个进程：{daemon}。',
          childless: '没有容器运行时，它没有子进程。',
        },
      },
      run: {
        title: '容器是守护进程的子进程',
        says: [
          '现在启动两个容器，各自睡眠一小时。请看进程树左边的数字：进程号 ← 父进程号。引擎和程序之间没有任何中间进程。',
        ],
        claims: {
          first: '“{first}”（进程 {firstPid}）的父进程是守护进程 {daemon}。',
          second: '“{second}”（进程 {secondPid}）的父进程也是守护进程。',
          nobody: '两个容器，一共三个进程：引擎没有增加任何进程。',
        },
      },
      inside: {
        title: '容器是普通进程，从里面看是 1 号进程',
        says: [
          '这里没有虚拟机。内核给了这个进程一套自己的命名空间：在里面它是 1 号进程，有自己的主机名和根目录；还给了它一个控制组，用来统计和限制资源。',
        ],
        claims: {
          first: '这台机器上的进程 {pid}，在它自己的 PID 命名空间里是 1 号进程。',
          namespaces: '它的命名空间和我们的不同：{namespaces}。',
          cgroup: '它的控制组以容器的 ID 命名：…{cgroup}',
        },
      },
      exec: {
        title: 'exec：又一个子进程，进入同样的命名空间',
        says: [
          '用 exec 在运行中的容器里启动的程序，并不是容器的子进程。它和容器一样由守护进程启动，只是加入了容器的命名空间。',
        ],
        claims: {
          child: 'exec 启动的程序（{pid}）的父进程是守护进程 {daemon}。',
          inside: '它的 PID 命名空间就是容器的：{namespace}。',
        },
      },
    },
  },
};
