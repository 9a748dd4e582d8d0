// Does something soon after the first of many calls: never twice at once, and once more when another came meanwhile.
const GATHER_MS = 100;

export function gathered(run: () => Promise<unknown>): () => void {
  let busy = false;
  let again = false;
  const begin = (): void => {
    busy = true;
    setTimeout(() => {
      again = false;
      const over = (): void => {
        busy = false;
        if (again) begin();
      };
      run().then(over, over);
    }, GATHER_MS);
  };
  return () => {
    again = true;
    if (!busy) begin();
  };
}
