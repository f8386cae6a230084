// A dev_t in words. Pure.

/** `makedev(1, 3)`; the inverse of linux.ts's makeDevice. */
export function makeDeviceName(device: number): string {
  const major = Math.floor(device / 0x100) & 0xfff;
  const minor = (device & 0xff) + (Math.floor(device / 0x100000) & 0xfff) * 0x100;
  return `makedev(${major}, ${minor})`;
}
