// The cells on the page, as far as the focus goes: one that is not there yet gets it when it comes.
import type { Focus } from "./actions";

export interface Handle { edit(): void; select(): void }

export class Handles implements Focus {
  private readonly all = new Map<string, Handle>();
  private wanted: { id: string; edit: boolean } | null = null;

  register = (id: string, handle: Handle): (() => void) => {
    this.all.set(id, handle);
    if (this.wanted?.id === id) {
      const { edit } = this.wanted;
      this.wanted = null;
      if (edit) handle.edit();
      else handle.select();
    }
    return () => {
      if (this.all.get(id) === handle) this.all.delete(id);
    };
  };

  edit(id: string): void {
    const handle = this.all.get(id);
    this.wanted = handle ? null : { id, edit: true };
    handle?.edit();
  }

  select(id: string): void {
    const handle = this.all.get(id);
    this.wanted = handle ? null : { id, edit: false };
    handle?.select();
  }
}
