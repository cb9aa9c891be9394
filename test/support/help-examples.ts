import type { Command } from 'commander';

/** A command and everything below it. */
export function everyCommand(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}

export function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
  });
  command.outputHelp();
  return text;
}

/** The first two examples of a help, as typed and in words: an id whole, and up to where the shell's part begins. */
export function examplesIn(help: string): readonly { readonly line: string; readonly words: readonly string[] }[] {
  return [...help.matchAll(/^ {2}creditpool (.*)$/gm)].slice(0, 2).map(([, line = '']) => {
    const [typed = ''] = line.replaceAll(/_(?:01jd)?…/g, '_01m8eg3qeae00r8dr9bn7bzf1z').split(/ (?:[|>]|&&)/);
    const words = [...typed.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
      (found) => found[1] ?? found[2] ?? found[3] ?? '',
    );
    return { line, words };
  });
}
