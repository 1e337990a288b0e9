"""A person learns at once what changed about how they sign in, so that somebody else's doing does not stay unseen."""

from contracts.identity import PasswordSet, SecondFactorEnabled, SecondFactorRemoved

from messaging.application.announcing import Announcements, Cause
from messaging.domain.notification import Channel, Notice, Template

BY_OFFICE = "office"
"""The cause of an authenticator app that the office took away."""


class SecurityMessages:
    """One e-mail for each change, at once and beside all news."""

    def __init__(self, announcements: Announcements) -> None:
        self._announcements = announcements

    def password_set(self, cause: Cause, chosen: PasswordSet) -> None:
        """Tell that another password took the place of the former one; nobody is told of their first one."""
        if not chosen.first:
            self._tell(cause, chosen, Template.PASSWORD_CHANGED)

    def second_factor_enabled(self, cause: Cause, enabled: SecondFactorEnabled) -> None:
        """Tell that codes of an app are asked for."""
        self._tell(cause, enabled, Template.AUTHENTICATOR_ON)

    def second_factor_removed(self, cause: Cause, removed: SecondFactorRemoved) -> None:
        """Tell that codes go by SMS again, and whether the office did that."""
        by_office = removed.cause == BY_OFFICE
        self._tell(cause, removed, Template.AUTHENTICATOR_OFF_BY_OFFICE if by_office else Template.AUTHENTICATOR_OFF)

    def _tell(
        self, cause: Cause, changed: PasswordSet | SecondFactorEnabled | SecondFactorRemoved, template: Template
    ) -> None:
        notice = Notice(
            person_id=changed.person_id,
            channel=Channel.EMAIL,
            template=template,
            office_id=cause.office_id,
            at=cause.at.isoformat() if cause.at else None,
        )
        self._announcements.queue(cause, [notice])
