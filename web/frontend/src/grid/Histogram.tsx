interface Props { parts: number[]; width: number; height: number }

// How values lie in their range; what it says is said in words beside it.
export function Histogram({ parts, width, height }: Props) {
  const step = width / parts.length;
  return (
    <svg className="histogram" width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden>
      {parts.map((part, index) => {
        const high = part === 0 ? 0 : Math.max(1, part * height);
        return <rect key={index} x={index * step} width={Math.max(0.5, step - 1)} y={height - high} height={high} />;
      })}
    </svg>
  );
}
