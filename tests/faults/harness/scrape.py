"""What the real server tells Prometheus."""

import asyncio
from collections.abc import Callable

import httpx
from prometheus_client.parser import text_string_to_metric_families


async def scrape(http: httpx.AsyncClient) -> dict[str, float]:
    """Return the samples as Prometheus reads them; of the server's own, only the name is kept."""
    response = await http.get("/metrics")
    assert response.status_code == 200
    samples: dict[str, float] = {}
    for family in text_string_to_metric_families(response.text):
        for sample in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sample.labels.items())
            ours = sample.name.startswith("holdfast_") and labels
            samples[f"{sample.name}{{{labels}}}" if ours else sample.name] = sample.value
    return samples


async def scraped_when(
    http: httpx.AsyncClient, condition: Callable[[dict[str, float]], bool]
) -> dict[str, float]:
    """Scrape until the condition holds, and return what it held for."""
    async with asyncio.timeout(120):
        while True:
            if condition(now := await scrape(http)):
                return now
            await asyncio.sleep(0.2)
