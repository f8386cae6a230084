// Lists of lines with a depth as a drawn tree. Pure.

export interface TreeLine {
  readonly depth: number;
  readonly text: string;
}

/** Each with the branches in front of it: `├─`, `└─`, `│ `. The first of a depth below another is its child. */
export function drawTree(lines: readonly TreeLine[]): string[] {
  return lines.map(({ depth, text }, index) => {
    const branches = Array.from({ length: depth }, (_, level) => {
      const more = goesOn(lines, index, level + 1);
      if (level + 1 === depth) return more ? '├─ ' : '└─ ';
      return more ? '│  ' : '   ';
    });
    return branches.join('') + text;
  });
}

/** Another of this depth follows below the same parent. */
function goesOn(lines: readonly TreeLine[], index: number, depth: number): boolean {
  for (const line of lines.slice(index + 1)) {
    if (line.depth < depth) return false;
    if (line.depth === depth) return true;
  }
  return false;
}
