// Where cells run: `kernel` null, nowhere yet; `flow`, whose namespace, null is the kernel's loose one.
export interface Place { kernel: string | null; flow: string | null; node: string | null; hasText: boolean }

export function sheetName(uid: string, flow: string | null): string {
  return flow === null ? uid : `${uid}.${flow}`;
}
