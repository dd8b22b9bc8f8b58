/** A share as a person reads it: 92 %, 0.4 %. */
export function percent(share: number): string {
  const hundredths = share * 100;
  return `${hundredths !== 0 && hundredths < 10 ? hundredths.toFixed(1) : hundredths.toFixed(0)} %`;
}
