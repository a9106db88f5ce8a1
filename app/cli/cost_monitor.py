"""The account's monitor of unusual costs, of which AWS allows one for its services."""

from __future__ import annotations

from typing import Any

import click


def cost_monitor(client: Any) -> dict[str, str]:
    """Parameters of the alarms' stack: the monitor that is there, or none to be made.

    ``client`` is Cost Explorer's, which AWS refuses to accounts that never opened it.
    """
    from botocore.exceptions import ClientError

    try:
        found = client.get_anomaly_monitors()["AnomalyMonitors"]
    except ClientError as error:
        click.echo(
            f"cost anomalies: not watched, as AWS says: {error}. Open Billing > Cost Explorer "
            "once, and run this again a day later with --set CostAnomalyDollars=10",
            err=True,
        )
        return {"CostAnomalyDollars": "0"}
    ours = [each for each in found if each.get("MonitorDimension") == "SERVICE"]
    return {"CostMonitorArn": ours[0]["MonitorArn"] if ours else ""}
