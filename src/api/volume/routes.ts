// /volumes: list, create, inspect, remove, prune.
import { Router } from 'express';
import type { VolumeCreateRequest } from '../../types/volume.ts';
import { TskerError } from '../../util/errors.ts';
import { sendJson, sendNothing } from '../answer.ts';
import { readJson } from '../body.ts';
import { type Filters, parseFilters } from '../filters.ts';
import { flagOf, parseQuery, type Query, textOf } from '../query.ts';
import { versionAtLeast } from '../version.ts';
import type { VolumeBackend } from './backend.ts';

const LIST_FILTERS = ['dangling', 'driver', 'label', 'name'];
const PRUNE_FILTERS = ['all', 'label', 'label!'];

export function volumeRoutes(backend: VolumeBackend): Router {
  const router = Router();
  router.get('/volumes', async (request, response) => {
    sendJson(response, await backend.listVolumes(filtersOf(parseQuery(request.url), LIST_FILTERS)));
  });
  router.post('/volumes/create', async (request, response) => {
    sendJson(response, await backend.createVolume(parseVolumeRequest(await readJson(request))), 201);
  });
  router.post('/volumes/prune', async (request, response) => {
    const filters = filtersOf(parseQuery(request.url), PRUNE_FILTERS);
    // Until API 1.42 a prune took named volumes too.
    const asked = versionAtLeast(request, '1.42') ? filters : new Map([...filters, ['all', ['true']]]);
    sendJson(response, await backend.pruneVolumes(asked));
  });
  router.get('/volumes/:name', async (request, response) => {
    sendJson(response, await backend.inspectVolume(request.params.name));
  });
  router.delete('/volumes/:name', async (request, response) => {
    await backend.removeVolume(request.params.name, { force: flagOf(parseQuery(request.url), 'force') });
    sendNothing(response);
  });
  return router;
}

/** Volumes spell this error with a capital. */
function filtersOf(query: Query, accepted: readonly string[]): Filters {
  try {
    return parseFilters(textOf(query, 'filters'), accepted);
  } catch (error) {
    if (!(error instanceof TskerError)) throw error;
    throw new TskerError('invalid', error.message.replace(/^invalid filter '/, "Invalid filter '"), { cause: error });
  }
}

/** Every field that is there has the type the API gives it. Pure. */
export function parseVolumeRequest(body: Readonly<Record<string, unknown>> | undefined): VolumeCreateRequest {
  if (body === undefined) throw new TskerError('invalid', 'invalid JSON: got EOF while reading request body');
  const { Name, Driver, DriverOpts, Labels } = body;
  return {
    ...(isThere(Name) ? { Name: textField('Name', Name) } : {}),
    ...(isThere(Driver) ? { Driver: textField('Driver', Driver) } : {}),
    ...(isThere(DriverOpts) ? { DriverOpts: textsField('DriverOpts', DriverOpts) } : {}),
    ...(isThere(Labels) ? { Labels: textsField('Labels', Labels) } : {}),
  };
}

function isThere(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function textField(name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw new TskerError('invalid', `invalid JSON: ${name} must be a string`);
}

function textsField(name: string, value: unknown): Readonly<Record<string, string>> {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (isObject && Object.values(value).every((item) => typeof item === 'string'))
    return value as Record<string, string>;
  throw new TskerError('invalid', `invalid JSON: ${name} must be an object of strings`);
}
