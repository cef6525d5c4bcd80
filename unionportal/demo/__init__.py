"""Demo data: the third “工匠杯” played through from roster to publication, news, and an account for every role."""
