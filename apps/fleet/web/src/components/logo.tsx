/** The logo is the sign of the product. It decorates, so a screen reader passes over it. */

interface LogoProps {
  readonly size: number;
  readonly className?: string;
}

export function Logo({ size, className }: LogoProps) {
  return (
    <svg className={className} viewBox="0 0 32 32" width={size} height={size} aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" fill="var(--accent)" />
      <path
        d="M6 18h5l3-9 5 15 3-9h4"
        fill="none"
        stroke="var(--on-accent)"
        strokeWidth="2.6"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
