"""Who is who in a user pool: kept while there is one, compared when there is another.

Passwords and MFA devices cannot be exported from Cognito, and ``sub`` cannot be chosen.
https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-using-import-tool.html
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from app.cli.files import read_text, write_private
from app.cli.recover.options import Unusable
from app.domain.principal import is_sub

_HEADER = ("old_sub", "new_sub")


@dataclass(frozen=True, slots=True)
class Account:
    """One user of a pool."""

    sub: str
    email: str
    email_verified: bool
    enabled: bool = True
    groups: tuple[str, ...] = field(default=())


def read_pool(client: Any, pool_id: str) -> list[Account]:
    """All users of the pool. Raises botocore's errors."""
    groups: dict[str, list[str]] = {}
    for page in client.get_paginator("list_groups").paginate(UserPoolId=pool_id):
        for group in page["Groups"]:
            name = group["GroupName"]
            members = client.get_paginator("list_users_in_group")
            for found in members.paginate(UserPoolId=pool_id, GroupName=name):
                for user in found["Users"]:
                    groups.setdefault(user["Username"], []).append(name)
    accounts = []
    for page in client.get_paginator("list_users").paginate(UserPoolId=pool_id):
        for user in page["Users"]:
            of = {each["Name"]: each["Value"] for each in user["Attributes"]}
            verified = of.get("email_verified", "").lower() == "true"
            member_of = tuple(groups.get(user["Username"], ()))
            enabled = user.get("Enabled", True)
            accounts.append(Account(of["sub"], of.get("email", ""), verified, enabled, member_of))
    return accounts


def make_accounts(
    client: Any, pool_id: str, accounts: Iterable[Account], *, invite: bool
) -> tuple[int, int, list[str]]:
    """Make those that the pool does not have: how many were made, how many were there, and what
    those are not who were there.

    By e-mail address, with their groups; ``invite`` has Cognito send temporary passwords. An
    address that was not verified stays so. Who is there already gets no group: anybody may have
    signed up with that address, or an earlier run was broken off. Raises botocore's errors.
    """
    made = there = 0
    left: list[str] = []
    known: set[str] = set()
    for account in accounts:
        if not account.email:
            continue
        attributes = {"email": account.email, "email_verified": str(account.email_verified).lower()}
        options: dict[str, Any] = {} if invite else {"MessageAction": "SUPPRESS"}
        try:
            client.admin_create_user(
                UserPoolId=pool_id,
                Username=account.email,
                UserAttributes=[{"Name": k, "Value": v} for k, v in attributes.items()],
                **options,
            )
            made += 1
        except client.exceptions.UsernameExistsException:
            there += 1
            left += _missing(client, pool_id, account)
            continue
        who = {"UserPoolId": pool_id, "Username": account.email}
        if not account.enabled:
            client.admin_disable_user(**who)
        for group in account.groups:
            if group not in known:
                known.add(group)
                with suppress(client.exceptions.GroupExistsException):
                    client.create_group(UserPoolId=pool_id, GroupName=group)
            client.admin_add_user_to_group(**who, GroupName=group)
    return made, there, left


def _missing(client: Any, pool_id: str, account: Account) -> Iterator[str]:
    who = {"UserPoolId": pool_id, "Username": account.email}
    found = client.admin_list_groups_for_user(**who)["Groups"] if account.groups else []
    for group in sorted({*account.groups} - {each["GroupName"] for each in found}):
        yield f"{account.email} was there, and is not in {group}"
    if not account.enabled and client.admin_get_user(**who)["Enabled"]:
        yield f"{account.email} was there, and is not disabled"


def match(old: Iterable[Account], new: Iterable[Account]) -> tuple[dict[str, str], list[str]]:
    """New ``sub`` by old one, and why others have none.

    By e-mail addresses that both pools have verified and that belong to one account in each: what
    is matched gets all of the other's files.
    """
    old, new = list(old), list(new)
    pairs: dict[str, str] = {}
    left = []
    counts = [Counter(_address(each) for each in pool) for pool in (old, new)]
    by_address = {_address(each): each for each in new}
    for account in old:
        address = _address(account)
        found = by_address.get(address)
        if not account.email_verified or not address:
            left.append(f"{account.sub}: its address was not verified in the old pool")
        elif found is None:
            left.append(f"{account.sub}: nobody in the new pool has its address")
        elif not found.email_verified:
            left.append(f"{account.sub}: its address is not verified in the new pool")
        elif counts[0][address] > 1 or counts[1][address] > 1:
            left.append(f"{account.sub}: several accounts have its address")
        elif found.sub != account.sub:
            pairs[account.sub] = found.sub
    return pairs, left


def _address(account: Account) -> str:
    # As Cognito compares them in pools that ignore case, which new ones do.
    return account.email.strip().casefold()


def write_accounts(path: Path, accounts: Iterable[Account]) -> None:
    """One JSON object a line; for its owner alone (0600), as it names people."""
    write_private(path, "".join(f"{json.dumps(asdict(account))}\n" for account in accounts))


def read_accounts(path: Path) -> list[Account]:
    """What ``write_accounts`` wrote. Raises ``Unusable``, ``FileError``."""
    accounts = []
    for number, line in enumerate(read_text(path).splitlines(), 1):
        try:
            found = json.loads(line)
            account = Account(**{**found, "groups": tuple(found.get("groups", ()))})
            if not _is_account(account):
                raise ValueError
            accounts.append(account)
        except (ValueError, TypeError, AttributeError):
            raise Unusable(f"{path}, line {number}: is no account; make it by export") from None
    return accounts


def _is_account(read: Account) -> bool:
    texts = (read.sub, read.email, *read.groups)
    flags = (read.email_verified, read.enabled)
    return all(isinstance(text, str) for text in texts) and all(
        isinstance(flag, bool) for flag in flags
    )


def write_mapping(path: Path, pairs: Mapping[str, str]) -> None:
    """CSV, with a header."""
    lines = [",".join(_HEADER), *(f"{old},{new}" for old, new in pairs.items())]
    write_private(path, "\n".join(lines) + "\n")


def read_mapping(path: Path) -> dict[str, str]:
    """New ``sub`` by old one. Raises ``Unusable`` for what would mix two users' files."""
    try:
        rows = [row for row in csv.reader(read_text(path).splitlines()) if row]
    except csv.Error as error:
        raise Unusable(f"{path}: is no CSV ({error})") from None
    if not rows or tuple(rows[0]) != _HEADER:
        raise Unusable(f"{path}: its first line is not {','.join(_HEADER)}")
    pairs: dict[str, str] = {}
    for number, row in enumerate(rows[1:], 2):
        if len(row) != 2 or not all(map(is_sub, row)):
            raise Unusable(f"{path}, line {number}: is not two subs")
        if row[0] in pairs:
            raise Unusable(f"{path}, line {number}: {row[0]} stands there twice")
        pairs[row[0]] = row[1]
    twice = [new for new, count in Counter(pairs.values()).items() if count > 1]
    if twice:
        raise Unusable(f"{path}: two users would share the folder of {twice[0]}")
    if both := pairs.keys() & set(pairs.values()):
        raise Unusable(f"{path}: {min(both)} is an old sub and a new one")
    return pairs
