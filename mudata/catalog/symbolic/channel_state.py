"""What a MIDI channel is set to: the events that bring a synthesiser there, whatever was sent before."""

from __future__ import annotations

from dataclasses import dataclass, field

_BANK = (0, 32)
_DATA = (6, 38)
_SELECT = {101: (0, 0), 100: (0, 1), 99: (1, 0), 98: (1, 1)}
"""Controllers that choose a registered (0) or other (1) parameter, its high or low part."""
_MODE = 120
"""From here on controllers are commands."""
_RESET = 121
_RESET_CONTROLLERS = (1, 2, 4, 11, *range(64, 70))
"""What "Reset All Controllers" resets, volume, pan and banks not (MMA RP-015)."""


@dataclass
class ChannelState:
    """Program with its bank, controllers, parameters, bend and pressure (MIDI 1.0)."""

    _bank: dict[int, int] = field(default_factory=dict)
    _program: tuple[dict[int, int], int] | None = None
    """With the bank that was chosen then: a bank counts from the next program on."""
    _controllers: dict[int, int] = field(default_factory=dict)
    _selected: list[list[int]] = field(default_factory=lambda: [[127, 127], [127, 127]])
    _kind: int = 0
    """Whether a registered parameter (0) was chosen last, or another (1)."""
    _parameters: dict[tuple[int, int, int], dict[int, int]] = field(default_factory=dict)
    _bend: tuple[int, int] | None = None
    _pressure: int | None = None

    def take(self, kind: int, first: int, second: int) -> None:
        """An event of the channel: the upper half of its status, and its data."""
        if kind == 0xC:
            self._program = (dict(self._bank), first)
        elif kind == 0xD:
            self._pressure = first
        elif kind == 0xE:
            self._bend = (first, second)
        elif kind == 0xB:
            self._control(first, second)

    def _control(self, controller: int, value: int) -> None:
        if controller == _RESET:
            for name in _RESET_CONTROLLERS:
                self._controllers.pop(name, None)
            self._bend = self._pressure = None
        elif controller >= _MODE:
            return
        elif controller in _BANK:
            self._bank[controller] = value
        elif controller in _SELECT:
            self._kind, part = _SELECT[controller]
            self._selected[self._kind][part] = value
        elif controller in _DATA:
            chosen = self._selected[self._kind]
            if chosen != [127, 127]:  # no parameter is chosen
                self._parameters.setdefault((self._kind, chosen[0], chosen[1]), {})[controller] = value
        else:
            self._controllers[controller] = value

    def events(self, channel: int) -> list[bytes]:
        """Bytes of the events that set a channel, 0 to 15, so."""
        control, told = 0xB0 | channel, []
        if self._program:
            bank, program = self._program
            told += [bytes([control, controller, value]) for controller, value in sorted(bank.items())]
            told.append(bytes([0xC0 | channel, program]))
        if not self._program or self._bank != self._program[0]:
            told += [bytes([control, controller, value]) for controller, value in sorted(self._bank.items())]
        told += [bytes([control, controller, value]) for controller, value in sorted(self._controllers.items())]
        for (kind, high, low), data in self._parameters.items():
            select = (101, 100) if kind == 0 else (99, 98)
            told += [bytes([control, name, part]) for name, part in zip(select, (high, low), strict=True)]
            told += [bytes([control, controller, value]) for controller, value in sorted(data.items())]
        if self._bend:
            told.append(bytes([0xE0 | channel, *self._bend]))
        if self._pressure is not None:
            told.append(bytes([0xD0 | channel, self._pressure]))
        return told
