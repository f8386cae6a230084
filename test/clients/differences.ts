// Where a client says something else on tsker than on the reference engine (Debian's Docker 20.10), and why that may be. Every row
// is a promise that somebody looked; a row that nothing matches any more fails the client's test.
import type { Accepted } from '../helpers/transcript.ts';

/** Both sides of a line that the two engines word differently. */
function both(step: RegExp, lines: { readonly tsker: RegExp; readonly docker: RegExp }, why: string): Accepted[] {
  return [
    { only: 'tsker', step, line: lines.tsker, why },
    { only: 'docker', step, line: lines.docker, why },
  ];
}

const LATER_WORDS = "the words of Docker 28, which 20.10 has with other letters or with its runtime's name around them";

export const COMPOSE: readonly Accepted[] = [
  ...both(
    /: images$/,
    { tsker: /\b1\.98\d MB$/, docker: /\b1\.98\d MB$/ },
    'a size is the bytes of files; Docker adds the lengths of symbolic links',
  ),
  ...both(
    /nosuch-program$/,
    { tsker: /executable file not found in \$PATH$/, docker: /executable file not found in \$PATH: unknown$/ },
    LATER_WORDS,
  ),
  ...both(
    /nosuch-program$/,
    { tsker: /^=> 127$/, docker: /^=> 126$/ },
    'a program that is not there ends an exec with 127, as in Docker 28; 126 is for one that cannot be executed',
  ),
  ...both(
    /: top db$/,
    { tsker: /tsker-init$|httpd/, docker: /docker-init -- sh|httpd/ },
    "pids are others, and so is --init's program",
  ),
];

export const DOCKER_PY: readonly Accepted[] = [
  ...both(
    /^no image$/,
    { tsker: /"No such image: py\/nosuch:latest"/, docker: /"no such image: py\/nosuch: No such image/ },
    LATER_WORDS,
  ),
  ...both(
    /^run nothing$|^exec nothing$/,
    { tsker: /executable file not found in \$PATH/, docker: /executable file not found in \$PATH: unknown/ },
    LATER_WORDS,
  ),
  ...both(
    /^got$/,
    { tsker: /"0o640"/, docker: /"0o100640"/ },
    "a tar header's mode holds permissions; 20.10 puts the type of the file into it as well",
  ),
  ...both(/^kill a dead one$/, { tsker: /"cannot kill container/, docker: /"Cannot kill container/ }, LATER_WORDS),
  ...both(/^a bad filter$/, { tsker: /"invalid filter/, docker: /"Invalid filter/ }, LATER_WORDS),
];

export const DOCKERODE: readonly Accepted[] = [
  ...both(
    /^no image$/,
    { tsker: /"No such image: ode\/nosuch:latest"/, docker: /"no such image: ode\/nosuch: No such image/ },
    LATER_WORDS,
  ),
  ...both(
    /^exec nothing$/,
    { tsker: /executable file not found in \$PATH/, docker: /executable file not found in \$PATH: unknown/ },
    LATER_WORDS,
  ),
  ...both(/^a bad filter$/, { tsker: /"invalid filter/, docker: /"Invalid filter/ }, LATER_WORDS),
];

export const TESTCONTAINERS: readonly Accepted[] = [];

export const DEVCONTAINER: readonly Accepted[] = [
  ...both(
    /^exec of nothing$/,
    { tsker: /executable file not found in \$PATH$|^=> 127$/, docker: /\$PATH: unknown$|^=> 126$/ },
    LATER_WORDS,
  ),
];
