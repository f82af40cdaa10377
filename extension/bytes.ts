/** "512 bytes", "49.7 KB", "142 MB", "1.3 GB". */
export function bytes(count: number): string {
  if (count < 1000) return `${count} byte${count === 1 ? "" : "s"}`;
  if (count < 999_500) return `${(count / 1e3).toFixed(count < 99_950 ? 1 : 0)} KB`;
  if (count < 9_950_000) return `${(count / 1e6).toFixed(1)} MB`;
  const mega = Math.round(count / 1e6);
  return mega < 1000 ? `${mega} MB` : `${(count / 1e9).toFixed(1)} GB`;
}
