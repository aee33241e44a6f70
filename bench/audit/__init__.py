"""Proof of the scorer and of the gold: attacks, agreement of annotators, errors in labels."""

from bench.audit.agreement import Agreement as Agreement
from bench.audit.agreement import Estimate as Estimate
from bench.audit.agreement import agreement as agreement
from bench.audit.attacks import Finding as Finding
from bench.audit.attacks import attack as attack
from bench.audit.ceiling import ceilings as ceilings
from bench.audit.labels import check as check
from bench.audit.properties import Measurement as Measurement
from bench.audit.properties import Part as Part
from bench.audit.properties import judged as judged
from bench.audit.properties import measure as measure
