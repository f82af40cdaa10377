/** "142 MB", "1.3 GB". */
export function bytes(count: number): string {
  const mega = Math.round(count / 1e6);
  return mega < 1000 ? `${mega} MB` : `${(count / 1e9).toFixed(1)} GB`;
}
