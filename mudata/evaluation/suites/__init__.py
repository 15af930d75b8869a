"""Published exams as data: asked of several models, told beside what was published."""
