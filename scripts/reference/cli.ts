import type { Command } from 'commander';

import { EXIT } from '../../src/cli/exit-codes.ts';
import { commandTable } from '../../src/cli/run-command.ts';
import { code, page, plain, table } from './markdown.ts';

/** Every command as its own `--help` has it. */
export function cliPage(): string {
  return page(
    'The command line',
    'From a checkout `npm run -s creditpool -- …`, installed `npx creditpool …`. Data goes to standard output, everything else to standard error; `--json` prints one document. Each command knows `--help`.',
    `It ends with ${Object.entries(EXIT)
      .map(([name, exitCode]) => `${exitCode} (${name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)})`)
      .join(', ')}.`,
    ...commandsBelow(commandTable()).map(section),
  );
}

/** Commands in the order of `--help`; one that only gathers others is left out, unless it has options of its own. */
function commandsBelow(command: Command): readonly Command[] {
  return command.commands.flatMap((one) => {
    const gathers = one.commands.length > 0 && one.options.length === 0;
    return gathers ? commandsBelow(one) : [one, ...commandsBelow(one)];
  });
}

function section(command: Command): string {
  const help = command.createHelp();
  const takes = [
    ...help.visibleArguments(command).map((argument) => [argument.name(), help.argumentDescription(argument)]),
    ...help
      .visibleOptions(command)
      .filter(({ long }) => long !== '--help')
      .map((option) => [option.flags, help.optionDescription(option)]),
  ];
  return [
    `## ${pathOf(command)}`,
    plain(sentence(command.description())),
    `\`\`\`text\n${help.commandUsage(command)}\n\`\`\``,
    ...(takes.length === 0
      ? []
      : [
          table(
            ['takes', 'means'],
            takes.map(([name = '', means = '']) => [code(name), plain(means)]),
          ),
        ]),
    ...shownAround(command).map((text) => `\`\`\`text\n${text}\n\`\`\``),
  ].join('\n\n');
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.?!)]$/.test(text) ? '' : '.'}`;
}

/** What the command adds to its help: examples before it, notes after it. */
function shownAround(command: Command): readonly string[] {
  const written: string[] = [];
  command.configureOutput({ writeOut: (text) => written.push(text) });
  command.outputHelp();
  return written
    .join('')
    .split(command.helpInformation())
    .map((text) => text.trim())
    .filter((text) => text !== '');
}
