# Another flow, on another kernel: the model comes out of the catalog.
# It needs scikit-learn in its kernel, and a run of train.py before.

# %% Read the model, and a day of flights
import polars as pl

columns = ["month", "hour", "distance", "dep_delay"]
model = flowfile.get_global("flights_delay")
day = (
    pl.scan_parquet(flowfile.get_shared_location("flights/flights.parquet"))
    .filter(pl.col("month") == 12, pl.col("day") == 24)
    .select("carrier", "flight", "dest", *columns, "arr_delay")
    .drop_nulls()
    .collect()
)

# %% Predict, and hand it on
expected = day.with_columns(pl.Series("expected", model.predict(day.select(columns).to_numpy())).round(1))
flowfile.publish_output(expected)
flowfile.display(expected.sort("expected", descending=True).head(20), title="Latest on 24 December")
print(f"{expected.height} flights, the latest is expected {expected['expected'].max():.0f} minutes late")
