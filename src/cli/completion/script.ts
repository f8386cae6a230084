// The scripts that make a shell ask us for words (complete.ts): `tsker completion bash|zsh|fish`. They hold no knowledge of commands, so
// one that was installed stays right when the executable changes.
import type { ClientProcess } from '../main.ts';
import { UsageError } from '../usage-error.ts';
import { COMPLETE } from './complete.ts';

/** Image names hold colons, where bash breaks words: what it already took for done has to be left out of the answer. */
const BASH = `# completion of tsker for bash: source <(tsker completion bash)
_tsker() {
  local line="\${COMP_LINE:0:COMP_POINT}" words word done files=
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  local current="\${words[-1]}"
  COMPREPLY=()
  while IFS= read -r word; do
    word="\${word%%$'\\t'*}"
    if [[ $word == :files ]]; then files=1; else COMPREPLY+=("$word"); fi
  done < <("\${words[0]}" ${COMPLETE} "\${words[@]:1}" 2>/dev/null)
  done="\${current%"\${COMP_WORDS[COMP_CWORD]}"}"
  if [[ $current == *[:=] && \${COMP_WORDS[COMP_CWORD]} == [:=] ]]; then done=$current; fi
  COMPREPLY=("\${COMPREPLY[@]#"$done"}")
  if [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *: ]]; then compopt -o nospace; fi
  if [[ -n $files ]]; then compopt -o filenames; mapfile -t -O "\${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "\${current##*=}"); fi
}
complete -F _tsker tsker
`;

/** The first line is for a file _tsker in a directory of $fpath; sourced, the last ones count. */
const ZSH = `#compdef tsker
# completion of tsker for zsh: source <(tsker completion zsh)
_tsker() {
  local line word files=0
  local -a given meant
  for line in "\${(@f)$("\${words[1]}" ${COMPLETE} "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    word="\${line%%$'\\t'*}"
    if [[ -z $word ]]; then continue; fi
    if [[ $word == :files ]]; then files=1; continue; fi
    given+=("$word")
    if [[ $line == *$'\\t'* ]]; then meant+=("$word -- \${line#*$'\\t'}"); else meant+=("$word"); fi
  done
  local result=1
  if (( \${#given} )); then compadd -l -d meant -a given && result=0; fi
  if (( files )); then _files && result=0; fi
  return result
}
if [[ \${zsh_eval_context[-1]} == loadautofunc ]]; then _tsker "$@"; else compdef _tsker tsker; fi
`;

const FISH = `# completion of tsker for fish: tsker completion fish | source
function __tsker_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l files 0
    for line in ($words[1] ${COMPLETE} $words[2..-1] 2>/dev/null)
        if test "$line" = :files
            set files 1
        else
            echo $line
        end
    end
    if test $files = 1
        __fish_complete_path (commandline -ct)
    end
end
complete -c tsker -f -a '(__tsker_complete)'
`;

const SCRIPTS: Readonly<Record<string, string>> = { bash: BASH, zsh: ZSH, fish: FISH };

/** `tsker completion [bash|zsh|fish]`; without a word the shell of the user. */
export function printScript({ io, env }: ClientProcess, [shell]: readonly string[]): number {
  const wanted = shell ?? /(?:bash|zsh|fish)$/.exec(env['SHELL'] ?? '')?.[0] ?? 'bash';
  const script = Object.hasOwn(SCRIPTS, wanted) ? SCRIPTS[wanted] : undefined;
  if (script === undefined) throw new UsageError(`no completion for '${wanted}': use bash, zsh or fish`);
  io.stdout.write(script);
  return 0;
}
