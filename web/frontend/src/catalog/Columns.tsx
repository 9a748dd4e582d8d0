import { count } from "../words/sizes";
import { figure, type Bars, type Column } from "./previews";

// A column a row: type, what is missing, its range, and how its values lie in it.
export function Columns({ columns }: { columns: Column[] }) {
  return (
    <div className="scroll-x columns" tabIndex={0} role="region" aria-label="Columns">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Column</th>
            <th scope="col">Type</th>
            <th scope="col">Values</th>
            <th scope="col" className="number">Nulls</th>
            <th scope="col" className="number">Min</th>
            <th scope="col" className="number">Mean</th>
            <th scope="col" className="number">Max</th>
          </tr>
        </thead>
        <tbody>
          {columns.map((column, index) => (
            <tr key={index}>
              <td className="cut" title={column.name}>{column.name}</td>
              <td className="mono faint">{column.type}</td>
              <td>{column.bars && <Spark bars={column.bars} name={column.name} />}</td>
              <td className="number num">{column.nulls === null ? "" : count(column.nulls)}</td>
              <td className="number mono cut" title={column.min}>{column.min}</td>
              <td className="number mono cut" title={column.mean}>{column.mean}</td>
              <td className="number mono cut" title={column.max}>{column.max}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const WIDTH = 96;
const HEIGHT = 20;

function Spark({ bars, name }: { bars: Bars; name: string }) {
  const most = Math.max(1, ...bars.counts);
  const step = WIDTH / bars.counts.length;
  const words = `${name}: ${figure(bars.low)} to ${figure(bars.high)}`;
  return (
    <svg className="histogram" width={WIDTH} height={HEIGHT} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={words}>
      {bars.counts.map((one, index) => {
        const high = one === 0 ? 0 : Math.max(1, (one / most) * HEIGHT);
        return <rect key={index} x={index * step} width={Math.max(0.5, step - 1)} y={HEIGHT - high} height={high} />;
      })}
    </svg>
  );
}
