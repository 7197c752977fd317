"""The four levers and the serving effect: a trace in, events out; none of them sees a price."""
