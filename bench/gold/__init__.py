"""The corpora: load, check, draft, fetch and export them."""

from bench.gold.checking import check as check
from bench.gold.corpus import ArticleEntry as ArticleEntry
from bench.gold.corpus import Corpus as Corpus
from bench.gold.corpus import RemoteFile as RemoteFile
from bench.gold.corpus import absent as absent
from bench.gold.corpus import corpora as corpora
from bench.gold.corpus import digest as digest
from bench.gold.corpus import digest_unread as digest_unread
from bench.gold.corpus import find_article as find_article
from bench.gold.corpus import find_corpus as find_corpus
from bench.gold.corpus import load as load
from bench.gold.corpus import raw_labels as raw_labels
from bench.gold.corpus import read_claims as read_claims
from bench.gold.corpus import readable as readable
from bench.gold.corpus import training as training
from bench.gold.draft import fix as fix
from bench.gold.draft import fix_all as fix_all
from bench.gold.export import export_csv as export_csv
from bench.gold.export import export_hf as export_hf
from bench.gold.fetching import FetchReport as FetchReport
from bench.gold.fetching import fetch as fetch
from bench.gold.labelstudio import export_label_studio as export_label_studio
from bench.gold.labelstudio import import_label_studio as import_label_studio
from bench.gold.releases import Release as Release
from bench.gold.releases import release as release
from bench.gold.reviewed import unreviewed as unreviewed
