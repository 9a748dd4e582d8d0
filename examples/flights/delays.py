# Which airlines were late in 2013, and when? 336,776 flights that left New York.
# `husk exec flights examples/flights/delays.py` runs these cells one after the other.

# %% Read: three tables from the shared files
import flowfile
import polars as pl

flights = pl.scan_parquet(flowfile.get_shared_location("flights/flights.parquet"))
airlines = pl.scan_parquet(flowfile.get_shared_location("flights/airlines.parquet"))
weather = pl.scan_parquet(flowfile.get_shared_location("flights/weather.parquet"))
count = flights.select(pl.len()).collect().item()
print(
    f"{count:,} flights, {airlines.collect().height} airlines, {weather.collect().height:,} hours of weather"
)

# %% Compute: delay by airline and month
months = []
for month in flowfile.progress(range(1, 13), label="months"):
    late = (
        flights.filter(pl.col("month") == month, pl.col("arr_delay").is_not_null())
        .group_by("carrier", "month")
        .agg(
            pl.len().alias("flights"),
            pl.col("arr_delay").mean().round(1).alias("mean delay, min"),
            (pl.col("arr_delay") > 60).mean().mul(100).round(1).alias("over 1 h late, %"),
        )
        .join(airlines, on="carrier")
    )
    months.append(late.collect())
delays = pl.concat(months)
print(f"{delays.height} pairs of airline and month")

# %% Show: a chart and a table
import matplotlib.pyplot as plt

largest = delays.group_by("name").agg(pl.col("flights").sum()).top_k(5, by="flights")["name"]
figure, axes = plt.subplots(figsize=(7, 3.5))
for name in largest:
    line = delays.filter(pl.col("name") == name).sort("month")
    axes.plot(line["month"], line["mean delay, min"], marker="o", label=name)
axes.set(xlabel="month of 2013", ylabel="mean delay, minutes", xticks=range(1, 13))
axes.axhline(0, color="grey", linewidth=0.8)
axes.legend(fontsize=8)
flowfile.display(figure, title="Arrival delay of the five largest airlines")
plt.close(figure)

worst = delays.filter(pl.col("flights") >= 100).sort("mean delay, min", descending=True)
flowfile.display(
    worst.select("name", "month", "flights", pl.col("^.*(min|%)$")), title="Delay by airline and month"
)
first = worst.row(0, named=True)
print(f"latest on average: {first['name']} in month {first['month']}, {first['mean delay, min']} minutes")
