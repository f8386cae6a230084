// The one error of templates: the format the user gave is wrong, or does not fit the data.
import { TskerError } from '../../util/errors.ts';

export function templateError(message: string): TskerError {
  return new TskerError('invalid', `template parsing error: ${message}`, {
    hint: "formats are Go templates, like '{{.ID}}: {{.Names}}'",
  });
}
