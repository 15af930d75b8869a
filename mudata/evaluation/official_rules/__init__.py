"""How the authors of exams decide whether an answer is right: each rule by its name, as it is and with its faults.

Pure functions of an answer and its item: no file, no model, no network, and nothing of an answer is ever executed."""
