// The exit code of `run` when the engine could not start the program, told apart by the words of the daemon's message as
// the docker CLI does: 127 when it is not there, 126 when it cannot be executed, 125 for everything else.
import { messageOf } from '../../util/errors.ts';
import { ExitError } from '../exit-error.ts';

const NOT_FOUND = ['executable file not found', 'no such file or directory', 'system cannot find the file specified'];
/** A file of a wrong format counts too, as in every shell; the docker CLI lets it pass as an error of the daemon. */
const NOT_EXECUTABLE = ['permission denied', 'is a directory', 'exec format error'];

export function startFailure(error: unknown): ExitError {
  const message = messageOf(error).toLowerCase();
  if (NOT_FOUND.some((words) => message.includes(words))) return new ExitError(127, error);
  if (NOT_EXECUTABLE.some((words) => message.includes(words))) return new ExitError(126, error);
  return new ExitError(125, error);
}
