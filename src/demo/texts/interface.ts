// The words around the lessons, in the terminal and on the page.
import type { Role } from '../proc/tree.ts';
import type { Language } from './text.ts';

export interface Interface {
  readonly lesson: string;
  readonly alone: string;
  readonly next: string;
  readonly notSo: string;
  readonly failed: string;
  readonly kept: string;
  readonly notKept: string;
  readonly ended: string;
  /** The address of the page. */
  readonly open: string;
  readonly roles: Readonly<Record<Role, string>>;
  /** Of figures: lessons name them in English. What is not here stays as it is. */
  readonly labels: Readonly<Record<string, string>>;
  readonly page: Readonly<Record<PageWord, string>>;
}

/** Words of the page alone. */
export type PageWord =
  | 'title'
  | 'monolith'
  | 'split'
  | 'monolithAbout'
  | 'splitAbout'
  | 'lessons'
  | 'next'
  | 'stop'
  | 'start'
  | 'startAbout'
  | 'keys'
  | 'lost'
  | 'nobody'
  | 'preparing'
  | 'total'
  | 'done';

export const INTERFACE: Readonly<Record<Language, Interface>> = {
  en: {
    lesson: 'Lesson {number}: {title}',
    alone: 'To see it alone:',
    next: '[Enter] next   [q] end ',
    notSo: 'NOT SO:',
    failed: 'This step could not be played:',
    kept: '{claims} claims, checked on this machine: all hold.',
    notKept: '{claims} claims, checked on this machine: {failed} FAILED.',
    ended: 'The tour was ended; what it started has been taken back.',
    open: 'Open this address in a browser on this machine (once; Enter makes another, Ctrl-C ends): {address}',
    roles: {
      daemon: 'the engine',
      containerd: 'containerd',
      shim: 'shim',
      runtime: 'runtime',
      container: 'container',
      other: '',
    },
    labels: {},
    page: {
      title: 'Monolith or split?',
      monolith: 'The monolith',
      split: 'The split',
      monolithAbout: 'until Docker 1.11: one process is the engine',
      splitAbout: 'since Docker 1.11: engine, containerd, a shim per container',
      lessons: 'Lessons',
      next: 'Next',
      stop: 'End',
      start: 'A start, step by step',
      startAbout: 'What happens between “tsker run” and your program, measured just now',
      keys: 'Keys: 1–7 a lesson, Space or N next, Esc end',
      lost: 'The connection to the tour is lost.',
      nobody: 'nothing runs',
      preparing: 'being prepared …',
      total: 'memory of the engine',
      done: 'Done: {claims} claims checked, {failed} failed.',
    },
  },
  zh: {
    lesson: '第 {number} 课：{title}',
    alone: '想单独看这一步，可以输入：',
    next: '[回车] 下一步   [q] 结束 ',
    notSo: '不成立：',
    failed: '这一步无法演示：',
    kept: '在这台机器上检验了 {claims} 个论断：全部成立。',
    notKept: '在这台机器上检验了 {claims} 个论断：{failed} 个不成立。',
    ended: '演示已结束；它启动的一切都已收回。',
    open: '请在本机浏览器里打开这个地址（只能用一次；按回车换一个，Ctrl-C 结束）：{address}',
    roles: {
      daemon: '引擎',
      containerd: 'containerd',
      shim: '垫片 shim',
      runtime: '运行时',
      container: '容器',
      other: '',
    },
    labels: {
      monolith: '单体',
      split: '拆分',
      daemon: '守护进程',
      'ten shims': '十个 shim',
      together: '合计',
      processes: '进程数',
      'memory with ten containers': '十个容器时的内存',
      'start of a container': '启动一个容器',
      'two runtime commands that do nothing': '两个空的运行时命令',
      'pause of a container': '暂停一个容器',
      'passes through': '经过的进程',
      'started besides': '另外启动',
    },
    page: {
      title: '单体，还是拆分？',
      monolith: '单体架构',
      split: '拆分架构',
      monolithAbout: 'Docker 1.11 以前：一个进程就是整个引擎',
      splitAbout: 'Docker 1.11 以后：引擎、containerd，每个容器一个 shim',
      lessons: '课程',
      next: '下一步',
      stop: '结束',
      start: '一次启动的每一步',
      startAbout: '从 “tsker run” 到你的程序之间发生的事，刚刚测得',
      keys: '按键：1–7 选课，空格或 N 下一步，Esc 结束',
      lost: '与演示程序的连接已断开。',
      nobody: '没有进程在运行',
      preparing: '正在准备……',
      total: '引擎占用内存',
      done: '完成：检验了 {claims} 个论断，{failed} 个不成立。',
    },
  },
};
