"""Proof of scorer, matchers and gold: attacks, agreement with people, errors in labels."""

from bench.audit.agreement import Agreement as Agreement
from bench.audit.agreement import Estimate as Estimate
from bench.audit.agreement import agreement as agreement
from bench.audit.attacks import Finding as Finding
from bench.audit.attacks import attack as attack
from bench.audit.ceiling import ceilings as ceilings
from bench.audit.contradictions import ENOUGH as ENOUGH
from bench.audit.contradictions import Rejected as Rejected
from bench.audit.contradictions import contradict as contradict
from bench.audit.contradictions import trusted as trusted
from bench.audit.fit import Fit as Fit
from bench.audit.labels import check as check
from bench.audit.pairs import MetaEvaluation as MetaEvaluation
from bench.audit.pairs import Point as Point
from bench.audit.pairs import Rated as Rated
from bench.audit.pairs import evaluate_matchers as evaluate_matchers
from bench.audit.pairs import kappas as kappas
from bench.audit.small import exhaust as exhaust
from bench.audit.stability import ALWAYS_HERE as ALWAYS_HERE
from bench.audit.stability import REACH as REACH
from bench.audit.stability import Dependence as Dependence
from bench.audit.stability import Ranking as Ranking
from bench.audit.stability import rankings as rankings
from bench.audit.stability import variants as variants
from bench.audit.stability import winner_depends as winner_depends
from bench.audit.stability import within_reach as within_reach
