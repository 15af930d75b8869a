"""Parts as channel messages: every note ends, settings come first, sixteen channels are enough for any number."""

from __future__ import annotations

from mudata.catalog.render.channel_messages import ChannelMessage, groups, messages
from mudata.catalog.render.events import Change, RenderedNote, RenderedPart

NOTE = RenderedNote(0.0, 1.0, 60, 100)


def test_settings_come_before_the_first_note_and_every_note_ends() -> None:
    part = RenderedPart(41, (NOTE, RenderedNote(0.5, 2, 64, 80)), pan=1, gain=0.25)
    assert messages([part], 10) == [
        ChannelMessage(0.0, "program", 0, 41),
        ChannelMessage(0.0, "pan", 0, 127),
        ChannelMessage(0.0, "level", 0, 4096),
        ChannelMessage(0.0, "on", 0, 60, 100),
        ChannelMessage(0.5, "on", 0, 64, 80),
        ChannelMessage(1.0, "off", 0, 60),
        ChannelMessage(2, "off", 0, 64),
    ]


def test_a_pitch_that_is_struck_while_it_sounds_ends_first() -> None:
    part = RenderedPart(0, (RenderedNote(0, 3, 60, 90), RenderedNote(1, 2, 60, 80), RenderedNote(2, 4, 60, 70)))
    notes = [(m.at_s, m.kind) for m in messages([part], 10) if m.kind in ("on", "off")]
    assert notes == [(0, "on"), (1, "off"), (1, "on"), (2, "off"), (2, "on"), (4, "off")]


def test_two_equal_notes_are_one() -> None:
    told = messages([RenderedPart(0, (NOTE, NOTE))], 10)
    assert [m.kind for m in told if m.kind in ("on", "off")] == ["on", "off"]


def test_notes_behind_the_end_are_left_out() -> None:
    told = messages([RenderedPart(0, (NOTE, RenderedNote(5, 6, 62, 100)))], 5.0)
    assert [m.first for m in told if m.kind == "on"] == [60]


def test_bends_have_a_range_that_holds_them() -> None:
    part = RenderedPart(0, (NOTE,), levels=(Change(0.5, 0.25),), bends=(Change(0.2, -5.5), Change(0.4, 0)))
    told = messages([part], 10)
    assert ChannelMessage(0.0, "bend_range", 0, 6) in told
    assert [m.first for m in told if m.kind == "bend"] == [8192 + round(-5.5 / 6 * 8191), 8192]
    assert ChannelMessage(0.5, "level", 0, 4096) in told


def test_forty_parts_are_three_groups_with_drums_on_their_channel() -> None:
    parts = [RenderedPart(p, (NOTE,)) for p in range(40)]
    parts += [RenderedPart(0, (NOTE._replace(pitch=36),), is_drum=True), RenderedPart(0, ())]
    made = groups(parts)
    assert [len(group) for group in made] == [16, 15, 10]
    for group in made:
        channels = {m.channel for m in messages(group, 10) if m.kind == "on"}
        assert len(channels) == len(group)
        assert (9 in channels) == any(part.is_drum for part in group)
