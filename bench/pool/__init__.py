"""Gold that lacks a claim, handled in the open: gather what may be one, judge it, take it in.

What all systems together found is the pool that is judged, as is done for relevance in
information retrieval (Spärck Jones & van Rijsbergen 1975; TREC since 1992). What neither an
annotator nor a system found stays unseen: pooling makes gold fairer, it does not prove it whole.
"""

from bench.pool.gather import gather as gather
from bench.pool.intake import Intake as Intake
from bench.pool.intake import take_in as take_in
from bench.pool.queue import Candidate as Candidate
from bench.pool.queue import Queue as Queue
from bench.pool.queue import QueueHeader as QueueHeader
from bench.pool.queue import carried as carried
from bench.pool.queue import read_queue as read_queue
from bench.pool.queue import write_queue as write_queue
