// Shows the OpenAPI document; the viewer is a vendored script, nothing comes from elsewhere.
const place = document.querySelector("#api");
SwaggerUIBundle({ url: place.dataset.document, domNode: place, deepLinking: true, validatorUrl: null });
