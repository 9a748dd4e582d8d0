# How late will a flight arrive? A model of 336,776 flights, trained in a run and put into the catalog.
# It needs scikit-learn in its kernel, and the tables that `make up` puts into the shared files.

# %% Read: what is known before take-off
import polars as pl

columns = ["month", "hour", "distance", "dep_delay"]
flights = (
    pl.scan_parquet(flowfile.get_shared_location("flights/flights.parquet"))
    .select(*columns, "arr_delay")
    .drop_nulls()
    .collect()
)
print(f"{flights.height:,} flights that arrived")

# %% Train on the first ten months, look at the last two
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.metrics import mean_absolute_error

early, late = flights.filter(pl.col("month") <= 10), flights.filter(pl.col("month") > 10)
model = HistGradientBoostingRegressor(max_iter=60, random_state=0)
model.fit(early.select(columns).to_numpy(), early["arr_delay"].to_numpy())
error = mean_absolute_error(late["arr_delay"].to_numpy(), model.predict(late.select(columns).to_numpy()))
print(f"off by {error:.1f} minutes on average")

# %% Keep it: for this flow, and in the catalog for all
flowfile.publish_artifact("delay_model", model)
version_id = flowfile.publish_global(
    "flights_delay",
    model,
    description=f"Arrival delay in minutes from {', '.join(columns)}; off by {error:.1f} on average",
    tags=["flights", "regression"],
)
flowfile.publish_output(late.head(1_000))
print("in the catalog as", version_id)
