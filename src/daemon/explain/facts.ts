// What a start is made of, told to its recorder: image and layers, the mount of its root, its network. It asks the parts that know
// and decides nothing.
import { isAbsolute, join } from 'node:path';
import type { ImageStore } from '../../image/store.types.ts';
import type { ContainerLayer, Layer, LayerStore } from '../../layer/store.types.ts';
import type { Attachment } from '../../network/network.ts';
import type { Recorder } from '../../runtime/explain/recorder.ts';
import type { EndpointFact, RootfsFact } from '../../types/explain.ts';
import type { ContainerRecord } from '../container/record.ts';

export interface ImageDependencies {
  readonly images: Pick<ImageStore, 'get'>;
  readonly layers: Pick<LayerStore, 'get' | 'metadata' | 'chainSize'>;
}

export function tellImage(recorder: Recorder, { images, layers }: ImageDependencies, record: ContainerRecord): void {
  const image = images.get(record.imageId);
  const chain = chainOf(layers, image?.chainId);
  const size = image?.chainId === undefined ? 0 : layers.chainSize(image.chainId);
  recorder.tell({
    topic: 'image',
    data: { reference: record.config.Image, id: record.imageId, layers: chain.length, size },
  });
  for (const [index, { diffId, chainId, size: own }] of chain.entries()) {
    const directory = layers.metadata(chainId)['UpperDir'];
    const where = directory === undefined ? {} : { directory };
    recorder.tell({ topic: 'layer', data: { number: index + 1, diffId, chainId, size: own, ...where } });
  }
}

/** The lowest first. */
function chainOf(layers: Pick<LayerStore, 'get'>, top: string | undefined): readonly Layer[] {
  const chain: Layer[] = [];
  for (let next = top; next !== undefined; ) {
    const layer = layers.get(next);
    if (layer === undefined) break;
    chain.unshift(layer);
    next = layer.parent;
  }
  return chain;
}

export function tellRootfs(recorder: Recorder, driver: string, { rootfs, metadata }: ContainerLayer): void {
  const { type, source, cwd, options } = rootfs;
  const lower = optionOf(options, 'lowerdir')?.split(':');
  const upper = optionOf(options, 'upperdir') ?? metadata['UpperDir'];
  const work = optionOf(options, 'workdir');
  const absolute = (path: string): string => (isAbsolute(path) || cwd === undefined ? path : join(cwd, path));
  const data: RootfsFact = {
    ...{ driver, type, source, options },
    ...(cwd === undefined ? {} : { cwd }),
    ...(lower === undefined ? {} : { lower: lower.map(absolute) }),
    ...(upper === undefined ? {} : { upper: absolute(upper) }),
    ...(work === undefined ? {} : { work: absolute(work) }),
  };
  recorder.tell({ topic: 'rootfs', data });
}

function optionOf(options: readonly string[], name: string): string | undefined {
  return options.find((option) => option.startsWith(`${name}=`))?.slice(name.length + 1);
}

export function tellNetwork(recorder: Recorder, { endpoints, ports }: Attachment): void {
  const veths = [...recorder.veths];
  for (const endpoint of endpoints) {
    const hostInterface = endpoint.interfaceName === undefined ? undefined : veths.shift();
    const data: EndpointFact = {
      network: endpoint.networkName,
      ...(endpoint.driver === undefined ? {} : { driver: endpoint.driver }),
      ...(endpoint.interfaceName === undefined ? {} : { interface: endpoint.interfaceName }),
      ...(endpoint.interfaceIndex === undefined ? {} : { index: endpoint.interfaceIndex }),
      ...(hostInterface === undefined ? {} : { hostInterface }),
      ...(endpoint.address === '' ? {} : { address: `${endpoint.address}/${endpoint.prefixLength}` }),
      ...(endpoint.address6 === undefined ? {} : { address6: `${endpoint.address6}/${endpoint.prefixLength6}` }),
      ...(endpoint.gateway === '' ? {} : { gateway: endpoint.gateway }),
      ...(endpoint.macAddress === '' ? {} : { mac: endpoint.macAddress }),
    };
    recorder.tell({ topic: 'endpoint', data });
  }
  for (const [container, bindings] of Object.entries(ports)) {
    for (const { HostIp, HostPort } of bindings ?? []) {
      recorder.tell({ topic: 'port', data: { container, host: `${HostIp}:${HostPort}` } });
    }
  }
}
