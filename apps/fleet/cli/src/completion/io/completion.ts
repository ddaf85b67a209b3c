/** `neverstale completion` prints a script by which a shell completes what is typed. */

import { Argument } from "commander";
import type { AddCommand } from "../../command-line/command.ts";
import { EXIT } from "../../command-line/failure.ts";
import { completionScript, SHELLS, type Shell } from "../scripts.ts";
import { completionTable } from "../table.ts";

const HELP_TEXT = `
Examples:
  source <(neverstale completion bash)                                       (in ~/.bashrc)
  source <(neverstale completion zsh)                                        (in ~/.zshrc, behind compinit)
  neverstale completion fish > ~/.config/fish/completions/neverstale.fish`;

export const addCompletion: AddCommand = (root, end) => {
  root
    .command("completion")
    .description("print a script that completes commands and flags in a shell")
    .addArgument(new Argument("<shell>", "the shell").choices([...SHELLS]))
    .addHelpText("after", HELP_TEXT)
    .action((shell: Shell) => {
      process.stdout.write(completionScript(shell, completionTable(root)));
      end.status = EXIT.ok;
    });
};
