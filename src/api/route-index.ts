// Finds the few routes that a request can mean by its method and the first word of its path. Express alone tries every route
// of every router before the right one, a regular expression each: a hundred of them, at each request. Which of the few it
// is, and all else about routing, stays express's.
import { type RequestHandler, Router } from 'express';

type Layer = Router['stack'][number];

/** By the names of a route that takes them. For others (OPTIONS asks for them all) the routers are asked one after the other. */
const INDEXED: Readonly<Record<string, readonly string[]>> = {
  GET: ['get', '_all'],
  HEAD: ['head', 'get', '_all'],
  POST: ['post', '_all'],
  PUT: ['put', '_all'],
  DELETE: ['delete', '_all'],
};

/** Does what the routers, asked one after the other, would do. */
export function indexRoutes(routers: readonly Router[]): RequestHandler {
  const whole = Router();
  for (const router of routers) whole.use(router);
  const layers = layersOf(whole);
  const words = new Set(layers.flatMap((layer) => firstWords(layer) ?? []));
  const byKey = new Map<string, Router>();
  return (request, response, next) => {
    const word = firstWord(request.url);
    const names = INDEXED[request.method];
    if (word === undefined || names === undefined) {
      whole(request, response, next);
      return;
    }
    const key = `${request.method} ${words.has(word) ? word : ''}`;
    let router = byKey.get(key);
    if (router === undefined) {
      router = Router();
      router.stack.push(...layers.filter((layer) => canMean(layer, { word, names })));
      byKey.set(key, router);
    }
    router(request, response, next);
  };
}

/** In the order they are asked, those of routers in routers as well. */
function layersOf(router: Router): Layer[] {
  return router.stack.flatMap((layer) => {
    const inner: unknown = layer.handle;
    // Below a path of its own it has to be asked as a whole.
    return isRouter(inner) && Reflect.get(layer, 'slash') === true ? layersOf(inner) : [layer];
  });
}

function isRouter(handle: unknown): handle is Router {
  return typeof handle === 'function' && Array.isArray(Reflect.get(handle, 'stack'));
}

/**
 * Lower case, as routes are matched without regard to it. Undefined for a target that is no path (`http://…`), and for one with
 * an escape: a wrong one is told by the first route that it matches, whatever its method.
 */
function firstWord(url: string): string | undefined {
  return /^\/([^/?%]*)(?:\/[^?%]*)?(?:\?|$)/.exec(url)?.[1]?.toLowerCase();
}

/** Undefined when a path of its may begin with anything. */
function firstWords({ route }: Layer): string[] | undefined {
  if (route === undefined) return undefined;
  const paths: readonly unknown[] = [route.path].flat();
  const words = paths.map((path) => /^\/([\w.-]+)(?=\/|$|\{\/)/.exec(String(path))?.[1]?.toLowerCase());
  return words.every((word) => word !== undefined) ? words : undefined;
}

function canMean(layer: Layer, { word, names }: { readonly word: string; readonly names: readonly string[] }): boolean {
  if (firstWords(layer)?.includes(word) === false) return false;
  const methods: unknown = layer.route === undefined ? undefined : Reflect.get(layer.route, 'methods');
  return typeof methods !== 'object' || methods === null || names.some((name) => name in methods);
}
