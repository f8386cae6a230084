// The flag that every list and inspection has.
import { defineFlags } from './spec.ts';

const SUMMARY = "Format output: 'table', 'table TEMPLATE', 'json', or a Go template that is rendered for every element";

/** Without a short name: `-f` is the filter of lists. */
export const FORMAT_FLAGS = defineFlags({ format: { kind: 'string', summary: SUMMARY } });

/** With `-f`, as inspect, version and info have it. */
export const SHORT_FORMAT_FLAGS = defineFlags({
  format: { kind: 'string', short: 'f', summary: "Format output: 'json', or a Go template" },
});
