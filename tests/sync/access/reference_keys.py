"""AUTHORITY.md section (c) once more, naive and slow, on top of the reference fold."""

from collections.abc import Collection
from typing import Any

from reference_fold import Reference

from sync.acts import Keys, Rekey
from sync.grantee import Device, Right
from sync.operation import Operation


class KeysReference(Reference):
    """Who reads, what a new epoch is sealed to, and which epoch a writer uses."""

    def reads(self, device: bytes, lane: bytes, now: int | None) -> bool:
        return device in self.standing_roots() or any(
            device in self.members(self.grants[grant]["to"])
            and not self.bars(device, grant)
            and self._gives_read(grant, lane, now)
            for grant in self.live
        )

    def _gives_read(self, grant: Any, lane: bytes, now: int | None) -> bool:
        each = self.grants[grant]
        if now is not None and each["until"] is not None and each["until"] <= now:
            return False
        return lane == self.access or bool(each["rights"] & Right.READ and lane in each["lanes"])

    def is_live_key(self, key: bytes, lane: bytes, now: int | None, writer: bytes) -> bool:
        """Whether a key that an epoch was sealed to belongs to a live reader."""
        if key in self.root_keys():
            return True
        stated = {device for device, own, _ in self.own_keys if own == key} | {
            each["to"].key for each in self.grants.values() if each["sealing"] == key
        }
        if any(device == writer or self.reads(device, lane, now) for device in stated):
            return True
        return any(
            sealing == key
            and all(self.reads(member, lane, now) for member in devices)
            and any(
                self._gives_read(grant, lane, now)
                and not isinstance(self.grants[grant]["to"], Device)
                and (self.grants[grant]["to"].organisation, self.grants[grant]["to"].name)
                == (organisation, name)
                for grant in self.live
            )
            for (organisation, name, _, sealing), devices in self.generations.items()
        )

    def recipients(self, lane: bytes, now: int | None) -> set[bytes]:
        """Not which key a reader with several has, but one each: groups by newest live key."""
        found = self.root_keys()
        for grant in self.live:
            to = self.grants[grant]["to"]
            if not self._gives_read(grant, lane, now):
                continue
            if isinstance(to, Device):
                if self.reads(to.key, lane, now):
                    found.add(self.grants[grant]["sealing"])
                continue
            mine = sorted(
                (-number, sealing, devices)
                for (organisation, name, number, sealing), devices in self.generations.items()
                if (organisation, name) == (to.organisation, to.name)
            )
            rest = self.members(to)
            for _, sealing, devices in mine:
                if all(self.reads(member, lane, now) for member in devices):
                    found.add(sealing)
                    rest = rest - devices
                    break
            found |= {
                max((number, own) for device, own, number in self.own_keys if device == member)[1]
                for member in rest
                if self.reads(member, lane, now)
            }
        return found

    def usable(
        self, device: bytes, lane: bytes, openable: Collection[bytes], now: int | None
    ) -> Any:
        """The id of the epoch that a device is to write under, or None (12)."""
        best = None
        for epoch in {act.epoch for _, _, act in self.acts if isinstance(act, Rekey)}:
            made = [
                (id, op, act)
                for id, op, act in self.acts
                if isinstance(act, Rekey)
                and (act.lane, act.epoch) == (lane, epoch)
                and self._may_rekey(op, lane)
            ]
            if not made or epoch not in openable:
                continue
            keys = {box.to for _, _, act in made for box in act.boxes} | {
                act.box.to
                for _, _, act in self.acts
                if isinstance(act, Keys) and (act.lane, act.epoch) == (lane, epoch)
            }
            if all(
                self.knew(id) == set(self.counted)
                and (op.prefix.device == device or self.reads(op.prefix.device, lane, now))
                for id, op, _ in made
            ) and all(self.is_live_key(key, lane, now, device) for key in keys):
                mine = (-max(act.number for _, _, act in made), epoch)
                best = mine if best is None else min(best, mine)
        return None if best is None else best[1]

    def _may_rekey(self, op: Operation, lane: bytes) -> bool:
        if self.speaker(op) is None:
            return False
        if op.prefix.under == self.charter_id:
            return lane in self.charter.lane_ids
        grant = self.grants[op.prefix.under]
        return bool(grant["rights"] & Right.APPEND) and (
            lane == self.access or lane in grant["lanes"]
        )

    def knew(self, rekey: Any) -> set[Any] | None:
        for id, _, act in self.acts:
            if id == rekey and isinstance(act, Rekey):
                if act.knew_from is None:
                    return set(act.knew)
                earlier = self.knew(act.knew_from)
                return None if earlier is None else set(act.knew) | earlier
        return None
