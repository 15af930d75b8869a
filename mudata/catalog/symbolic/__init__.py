"""Music as notes: what MIDI files say."""
