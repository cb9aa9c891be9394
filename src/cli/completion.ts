// What a shell offers at the tabulator key: made of the table of commands, so that it cannot differ from it.
import { Argument, type Command } from 'commander';

import type { CliContext } from './context.ts';
import { examples } from './output.ts';

const SHELLS = { bash, zsh, fish } as const;
type Shell = keyof typeof SHELLS;

/** `creditpool completion bash | zsh | fish`. */
export function registerCompletionCommand(program: Command, { out }: CliContext): void {
  program
    .command('completion')
    .description('print what makes a shell complete these commands')
    .addArgument(new Argument('<shell>').choices(Object.keys(SHELLS)))
    .addHelpText(
      'before',
      examples(
        'completion bash > ~/.local/share/bash-completion/completions/creditpool',
        'completion zsh > ~/.zfunc/_creditpool',
      ),
    )
    .action((shell: Shell) => out(SHELLS[shell](offersOf(program))));
}

/** Behind these words (`plan push`) these words come: commands, values that are chosen from, and options. */
interface Offer {
  readonly behind: string;
  readonly words: readonly string[];
}

function offersOf(command: Command, behind: readonly string[] = []): readonly Offer[] {
  const choices = command.registeredArguments[0]?.argChoices ?? [];
  const options = command.options.flatMap(({ long }) => (long === null || long === undefined ? [] : [long]));
  const words = [...command.commands.map((each) => each.name()), ...choices, ...options, '--help'];
  return [
    { behind: behind.join(' '), words },
    ...command.commands.flatMap((each) => offersOf(each, [...behind, each.name()])),
  ];
}

function casesOf(offers: readonly Offer[]): string {
  return offers.map(({ behind, words }) => `    '${behind}') words='${words.join(' ')}' ;;`).join('\n');
}

/** The longest beginning of the line that is a command decides. */
function bash(offers: readonly Offer[]): string {
  return `# creditpool completion for bash
_creditpool_words() {
  case "$1" in
${casesOf(offers)}
    *) return 1 ;;
  esac
}
_creditpool() {
  local words behind='' word
  _creditpool_words ''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    _creditpool_words "\${behind:+$behind }$word" || break
    behind="\${behind:+$behind }$word"
  done
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _creditpool creditpool`;
}

function zsh(offers: readonly Offer[]): string {
  return `#compdef creditpool
# creditpool completion for zsh
_creditpool_words() {
  case "$1" in
${casesOf(offers)}
    *) return 1 ;;
  esac
}
_creditpool() {
  local behind='' word words_here
  words_here=("\${(@)words[2,CURRENT-1]}")
  local words
  _creditpool_words ''
  for word in "\${words_here[@]}"; do
    _creditpool_words "\${behind:+$behind }$word" || break
    behind="\${behind:+$behind }$word"
  done
  compadd -- \${(z)words} || _files
}
if [ "$funcstack[1]" = _creditpool ]; then _creditpool "$@"; else compdef _creditpool creditpool; fi`;
}

function fish(offers: readonly Offer[]): string {
  const lines = offers.map(({ behind, words }) => {
    return `complete -c creditpool -n 'test "$(__creditpool_behind)" = "${behind}"' -a '${words.join(' ')}'`;
  });
  const known = offers.filter(({ behind }) => behind !== '').map(({ behind }) => `'${behind}'`);
  return `# creditpool completion for fish
function __creditpool_behind
  set -l behind ''
  for word in (commandline -opc)[2..]
    set -l next (string trim -- "$behind $word")
    contains -- "$next" ${known.join(' ')}; or break
    set behind $next
  end
  echo $behind
end
${lines.join('\n')}`;
}
