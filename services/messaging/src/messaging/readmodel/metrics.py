"""How many e-mails wait, and for how long; how many came back."""

from collections.abc import Callable, Iterable, Mapping

from chassis.metrics import Metric, Reading
from eventstore import Store

from messaging.domain.notification import GATHERED

MAIL: Mapping[str, Metric] = {
    "messaging_emails_waiting": Metric("{message}", "E-mails that are not handed over yet"),
    "messaging_email_age_seconds": Metric("s", "Since the oldest of them was to be sent"),
    "messaging_emails_bounced": Metric("{message}", "E-mails that came back in the last 24 hours"),
}
_WAITING = """
    SELECT count(*) AS waiting, coalesce(extract(epoch FROM clock_timestamp() - min(queued_at) FILTER (
        WHERE template <> ALL (%(gathered)s) OR EXISTS (SELECT FROM messaging.attempt WHERE notification_id = id)
    )), 0)::float AS age
    FROM read.notification WHERE channel = 'email' AND state = 'queued'
"""
_BOUNCED = """
    SELECT count(DISTINCT envelope_id) AS bounced FROM read.notification
    WHERE state = 'bounced' AND reported_at > clock_timestamp() - interval '1 day'
"""


def readings(store: Store) -> Callable[[], Iterable[Reading]]:
    """Return what tells how many e-mails wait, and how many came back."""

    def told() -> Iterable[Reading]:
        with store.connection() as connection:
            found = connection.execute(_WAITING, {"gathered": sorted(GATHERED)}).fetchone() or {}
            back = connection.execute(_BOUNCED).fetchone() or {}
        yield "messaging_emails_waiting", found["waiting"], {}
        yield "messaging_email_age_seconds", found["age"], {}
        yield "messaging_emails_bounced", back["bounced"], {}

    return told
